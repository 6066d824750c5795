import { o8, text } from '../base/text.js';
import { shellQuote } from '../base/shell-quote.js';
import { join } from 'node:path';
import * as z from 'zod';
import { printable } from '../text/untrusted-text.js';
import type { Source, SourceFacts } from './source.js';

/** Used instead of an id for every issue that is ready. */
export const ALL_EPICS = 'all';

const BEADS = '.beads';

/** Issues of a Beads database: those below an epic, one issue, or all that are ready. */
export const beadsSourceSchema = z.strictObject({
  kind: z.literal('beads'),
  /** An issue's id, or `all`. */
  epic: z.string(),
  /** Null for all issues, or if the issue has none. */
  title: z.string().nullable(),
  /** The folder that contains `.beads`, absolute. */
  root: z.string(),
  /** The single issue `epic` is taken from whoever has claimed it. */
  takes: z.literal(true).optional(),
});
export type BeadsSource = z.infer<typeof beadsSourceSchema>;

export interface BeadsKey {
  readonly kind: 'beads';
  readonly epic: string;
}

export const beadsInputs = {
  epic: z.string().min(1).optional().describe("Beads epic id, or 'all' for every ready issue"),
};

export const beadsAnswers = { epic: z.string().optional().describe('Beads epic') };

export const beadsFacts: SourceFacts = {
  command: 'run',
  defaults: { maxConcurrency: 4, merge: { into: 'pr' }, workspaceRoot: '../worktrees' },
  of: 'tasks',
  hasWaves: false,
  hasScopes: false,
  textIsWork: true,
  grows: true,
  start: { shown: 'plan', said: null },
  again: 'as_new_attempts',
  worktrees: { setting: 'workspaceRoot', word: 'worktrees' },
  notMerged: [BEADS],
  locksWorktrees: 'while_running',
  ownChange: { mayBeIn: isBeadsFile, isAll: null },
};

/** Whether Beads itself keeps this file in the repository. */
export function isBeadsFile(path: string): boolean {
  return path === BEADS || path.startsWith(`${BEADS}/`);
}

export function beadsSource({ epic, title, root, takes }: BeadsSource): Source {
  return {
    ...beadsFacts,
    name: epic,
    view: { epic },
    words: () => `--epic ${shellQuote(epic)}`,
    heading: () => [
      epic === ALL_EPICS
        ? 'Epic: all ready issues'
        : `Epic: ${printable(epic)}${title === null ? '' : ` ${printable(title)}`}`,
    ],
    documents: join(root, '.beads'),
    queue: { name: 'Beads', epic, root, takes: takes === true },
    agentVariables: { BD_EXPORT_GIT_ADD: 'false' }, // or each write of an agent would stage a file in the user's index
    planFolder: null,
    rewritten: [],
    made: () => ['/.beads/orchestrator/'],
    branch: (task) => `agent/${task}`,
    worktreeName: (task) => task,
    log: ({ worktree }) => `${worktree}.log`,
    parts: (tasks) => {
      const left = tasks.map(({ id }) => id);
      return left.length === 0 ? [] : [{ tasks: left, command: o8(beadsFacts.command, [], { epic }) }];
    },
    partFlags: () => ({}),
    nameTaken: (own, rename) =>
      own
        ? text`Previous execution was interrupted. Run '${o8('run', { resume: true })}' to continue, or '${o8('abort')}' to start over.`
        : `Run '${rename}' or use --force.`,
  };
}
