import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../core/held/finding.js';
import { lfsPointer, MOST_POINTER_BYTES } from '../../core/held/lfs-pointer.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { printable } from '../../core/text/untrusted-text.js';
import { readSmallBlobs } from '../held/blobs.js';
import { declaresLfs, hasLfsObject, wasPushed } from '../held/lfs-objects.js';
import { attributeOf } from '../door/attributes.js';
import type { Difference } from '../diff/tree-difference.js';
import type { Brought, HeldRun } from './brought-work.js';
import { gitAt, takeBackCommands, worktreeCommands } from './mending.js';

/** Git LFS files whose content is neither in this repository nor known to be on a remote. */
export async function lfsFindings(run: HeldRun, task: PlannedTask, brought: Brought): Promise<Finding[]> {
  const files = brought.differences.filter(({ newMode, newId, oldId }) => newMode.startsWith('100') && newId !== oldId);
  if (files.length === 0) return [];
  // If the branch removes the attribute, the pointer's content is still missing.
  const declaring: string[] = [];
  for (const commit of [brought.commit, brought.onto]) if (await declaresLfs(run.repo, commit)) declaring.push(commit);
  if (declaring.length === 0) return [];
  const texts = await readSmallBlobs(
    run.repo,
    files.map(({ newId }) => newId),
    MOST_POINTER_BYTES,
  );
  const pointers = files.flatMap((file) => {
    const pointer = lfsPointer(texts.get(file.newId) ?? '');
    return pointer === null ? [] : [{ file, pointer }];
  });
  const paths = pointers.map(({ file }) => file.path);
  const isKept = new Set<number>();
  for (const declaredBy of declaring) {
    const filters = await attributeOf(run.repo, paths, { attribute: 'filter', declaredBy });
    filters.forEach((filter, at) => filter === 'lfs' && isKept.add(at));
  }
  const findings: Finding[] = [];
  for (const [at, { file, pointer }] of pointers.entries()) {
    if (!isKept.has(at) || (await hasLfsObject(run.repo, pointer))) continue;
    if (await wasPushed(run.repo, file.newId)) continue;
    findings.push({
      key: `lfs ${file.path} ${pointer.oid}`,
      what: `${printable(file.path)} is a Git LFS pointer to ${pointer.oid.slice(0, 12)}, whose content is neither in this repository nor known to be on a remote`,
      path: file.path,
      commands: await mend(task, file, pointer.size, brought.onto),
    });
  }
  return findings;
}

/** The worktree may contain the content, from before Git LFS was set up to store it. */
async function mend(task: PlannedTask, file: Difference, size: number, onto: string): Promise<string[]> {
  const there = await stat(join(task.worktree, file.path)).catch(() => null);
  if (there?.size !== size) return takeBackCommands(task, file.path, /^0+$/.test(file.oldMode) ? null : onto);
  const [at, quoted] = [gitAt(task), shellQuote(file.path)];
  return [
    ...worktreeCommands(task),
    `${at} add --renormalize -- ${quoted}`,
    `${at} commit --allow-empty -m ${shellQuote(`Store ${file.path} with Git LFS`)}`,
  ];
}
