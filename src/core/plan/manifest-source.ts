import { o8, text } from '../base/text.js';
import { join, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { excludePattern } from '../base/exclude-pattern.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';
import { sameExceptExecution } from './execution-diff.js';
import { branchOf } from './names.js';
import type { Source, SourceFacts } from './source.js';

export const MANIFEST = 'manifest.json';
/** Temporary file for rewriting the manifest. The name is fixed, so that the next write replaces a leftover. */
export const MANIFEST_DRAFT = '.manifest.json.o8';

/** A plan folder; paths are absolute. */
export const manifestSourceSchema = z.strictObject({
  kind: z.literal('manifest'),
  dir: z.string(),
  manifest: z.string(),
  name: z.string(),
  techSpec: z.string().nullable(),
  technology: z.string().nullable(),
});
export type ManifestSource = z.infer<typeof manifestSourceSchema>;

/** Names a plan folder: as typed, or absolute. */
export interface ManifestKey {
  readonly kind: 'manifest';
  readonly dir: string;
}

export const manifestInputs = {
  dir: z.string().min(1).optional().describe('plan folder with a manifest.json, e.g. parallel/TS-0042-inventory'),
};

export const manifestAnswers = { dir: z.string().optional().describe('plan folder') };

export const manifestFacts: SourceFacts = {
  command: 'run',
  defaults: { timeout: 120, merge: { into: 'integration' } },
  of: 'tasks',
  hasWaves: true,
  hasScopes: true,
  textIsWork: true,
  grows: false,
  start: { shown: 'plan', said: null },
  again: 'after_cleanup',
  worktrees: { setting: 'workspaceRoot', word: 'workspaces' },
  notMerged: [],
  locksWorktrees: 'always',
  ownChange: { mayBeIn: (path) => path === MANIFEST || path.endsWith(`/${MANIFEST}`), isAll: sameExceptExecution },
};

/** The same with an absolute folder; a relative one was typed in `cwd`. */
export function manifestKeyFrom({ kind, dir }: ManifestKey, cwd: string): ManifestKey {
  return { kind, dir: resolve(cwd, dir) };
}

export function manifestSource({ dir, manifest, name, techSpec }: ManifestSource): Source {
  const words = (from: string): string => shellQuote(relative(from, dir) || '.');
  return {
    ...manifestFacts,
    name,
    view: { dir },
    words,
    heading: (root) => [
      `Parallel Dir: ${printable(relative(root, dir) || '.')}`,
      ...(techSpec === null ? [] : [`Tech Spec: ${printable(techSpec)}`]),
    ],
    documents: dir,
    queue: null,
    agentVariables: {},
    planFolder: { dir, manifest },
    rewritten: [join(dir, MANIFEST)],
    made: (root) => {
      const top = relative(root, dir).split(sep).join('/');
      return ['logs/', MANIFEST_DRAFT].map((path) => excludePattern(top === '' ? path : `${top}/${path}`));
    },
    branch: branchOf,
    worktreeName: (task) => task,
    log: ({ id }) => join(dir, 'logs', `${id}.log`),
    parts: (tasks, from) =>
      [...new Set(tasks.map(({ wave }) => wave))].map((wave) => ({
        tasks: tasks.filter((task) => task.wave === wave).map(({ id }) => id),
        command: o8(manifestFacts.command, [relative(from, dir) || '.'], { wave }),
      })),
    partFlags: (task) => ({ wave: task?.wave ?? 1 }),
    nameTaken: (own, rename) =>
      own
        ? text`Previous execution was interrupted. Use '--retry-failed' to continue, or '${o8('merge')}' and then '${o8('cleanup')}' to start over.`
        : `Run '${rename}'; if an interrupted run made it, use '--retry-failed' to continue.`,
  };
}
