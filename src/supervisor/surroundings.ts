import { join, relative, sep } from 'node:path';
import { documentsFolder } from '../core/plan-source.js';
import { changedSurroundings, surroundingsSchema, type Surroundings } from '../core/surroundings.js';
import { readSurroundings } from '../git/surroundings.js';
import { readJson, writeFileAtomically } from '../store/atomic-file.js';
import { attemptOf, type Run } from './run.js';

/** Remembers what an agent must leave alone, beside its attempt, just before it starts. */
export async function rememberSurroundings(run: Run, task: string, attempt: number): Promise<void> {
  await writeFileAtomically(fileOf(run, task, attempt), JSON.stringify(await look(run)), 'cached');
}

/** What of it changed while the agent ran, in words: worth knowing, not a proof of who did it. */
export async function surroundingsNotes(run: Run, task: string, attempt: number): Promise<string[]> {
  const before = await readJson(fileOf(run, task, attempt), surroundingsSchema);
  if (before === null) return [];
  return changedSurroundings(before, await look(run)).map(
    (change) => `while it ran, ${change} (by it, or by somebody else)`,
  );
}

function fileOf(run: Run, task: string, attempt: number): string {
  return join(attemptOf(run, task, attempt).dir, 'surroundings.json');
}

async function look(run: Run): Promise<Surroundings> {
  const { plan } = run;
  const dir = relative(plan.root, documentsFolder(plan.source)).split(sep).join('/');
  const branches = new Set(plan.tasks.map(({ branch }) => `refs/heads/${branch}`));
  return readSurroundings(run.repo, {
    isRef: (ref) => branches.has(ref) || ref.startsWith('refs/heads/o8/') || ref === `refs/heads/${plan.base.branch}`,
    isPath: (path) => path === `${dir}/manifest.json` || path.startsWith('.claude/parallel'),
  });
}
