import type { Text } from '../base/text.js';
import type { Acceptance } from '../held/finding.js';
import type { MergeStrategy } from '../settings/settings.js';
import type { PlannedTask } from '../plan/plan.js';
import type { PullRecord } from './pull.js';
import { isSettled, type TaskState } from './task-state.js';

/** One task of a run as the journal knows it. `changedAt` is the number of the last record that changed it. */
export interface TaskRecord {
  readonly id: string;
  readonly wave: number;
  readonly state: TaskState;
  /** Number of the last attempt, 0 before the first. Counts on over retries, so attempt folders never collide. */
  readonly attempt: number;
  /** The last attempt whose end is recorded: a crash right after it makes the next owner record it again. */
  readonly endedAttempt: number;
  readonly sessionId: string | null;
  /** The commit the branch started from; null until the worktree was announced. */
  readonly start: string | null;
  readonly worktree: 'none' | 'intended' | 'present' | 'removed';
  readonly branchRemoved: boolean;
  readonly retriesUsed: number;
  readonly lostInARow: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly commits: number;
  readonly costUsd: number;
  readonly tokens: number;
  /** What a person should know although the task went on: scope warnings, leftovers committed by o8. */
  readonly notes: readonly Text[];
  /** What a person let land although it was held. */
  readonly accepted: Acceptance | null;
  /** Its branch on the remote and its pull request; null where none was announced. */
  readonly pull: PullRecord | null;
  readonly changedAt: number;
}

export type FinishedState = 'completed' | 'failed' | 'aborted';

/*
 * running <-> paused;  running|paused -> aborting -> finished;  running -> finished
 * finished -> running when something is to be done again (retry, another wave, a resolved conflict, a validation)
 *
 * Jobs run side by side, so such an event may be written when another has just changed the run: one that no longer
 * fits (a pause while aborting, an end while a task was queued again) is without effect, unlike one of a task.
 */
export type RunPhase =
  | { readonly kind: 'running' }
  /** `until`: when it ends by itself; null: a person paused it and has to end it. */
  | { readonly kind: 'paused'; readonly reason: string; readonly until: string | null }
  | { readonly kind: 'aborting' }
  | { readonly kind: 'finished'; readonly state: FinishedState };

export type WaveValidation =
  { readonly kind: 'passed'; readonly commit: string } | { readonly kind: 'failed'; readonly message: string };

/** A move of a ref that was announced and not yet recorded as done. */
export interface RefIntent {
  readonly from: string;
  readonly to: string;
}

/** Work that came to a ref: `from` is what the ref held before it. `task`: null for a whole target on the base branch. */
export interface LandingRecord extends RefIntent {
  readonly ref: string;
  readonly task: string | null;
  /** Everybody whose work is in `to`: where only a part of the target landed, not all that was merged by then. */
  readonly tasks: readonly string[];
  /** How its work was taken off the ref again; null: it was not. */
  readonly undone: Undoing | null;
}

/** `commit` has the work and takes it away, so merging the same work again brings nothing. */
export type Undoing = { readonly kind: 'reverted'; readonly commit: string } | { readonly kind: 'moved_back' };

export interface RunState {
  readonly runId: string;
  readonly seq: number;
  readonly phase: RunPhase;
  /** The user stopped the run, and nothing was queued again since: it ends as aborted. */
  readonly stoppedByUser: boolean;
  readonly targetCreated: boolean;
  readonly owner: { readonly pid: number; readonly generation: number } | null;
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  /** Tasks that joined the run after it was planned, in order. */
  readonly added: readonly PlannedTask[];
  readonly validations: ReadonlyMap<number, WaveValidation>;
  /** How branches are merged, chosen by the user since the run began; null: as planned. */
  readonly strategy: MergeStrategy | null;
  /** Another run whose owner was ended for this one and that may still have something running. */
  readonly stopping: { readonly run: string; readonly generation: number } | null;
  /** Tasks that had something in their way, and have it no more. */
  readonly roomMade: ReadonlySet<string>;
  readonly mergeIntents: ReadonlyMap<string, RefIntent & { readonly ref: string }>;
  readonly landingIntent: (RefIntent & { readonly branch: string }) | null;
  /** The commit of the target that is on the base branch, null before anything landed or when all of it was reverted. */
  readonly landed: string | null;
  /** All work in `target` is on the base branch since `commit`, but was not landed by o8 (squashed, rebased). */
  readonly foundLanded: { readonly target: string; readonly commit: string } | null;
  /** In order. */
  readonly landings: readonly LandingRecord[];
  readonly undoIntent:
    (RefIntent & { readonly branch: string; readonly task: string | null; readonly landing: string }) | null;
  /** Checks that passed, as `verifiedKey` writes them: the same tree is not checked twice. */
  readonly verified: ReadonlySet<string>;
  /** How often a check has run. */
  readonly verifyRuns: number;
}

/** A tree and what was run on it. */
export function verifiedKey(tree: string, check: string): string {
  return `${tree} ${check}`;
}

export function taskOf(state: RunState, id: string): TaskRecord {
  const record = state.tasks.get(id);
  if (record === undefined) throw new Error(`run ${state.runId} has no task ${id}`);
  return record;
}

/** A pull request with exactly the work that is done: nothing is left to push. */
export function isPublished({ state, pull }: Pick<TaskRecord, 'state' | 'pull'>): boolean {
  return state.state === 'merge_pending' && pull !== null && pull.opened !== null && pull.pushed === state.tip;
}

/** A run may end with the task like that: it is settled, or what is left is up to who merges its pull request. */
export function isAtRest(record: Pick<TaskRecord, 'state' | 'pull'>): boolean {
  return isSettled(record.state) || isPublished(record);
}

export function countStates(state: RunState): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state: task } of state.tasks.values()) counts[task.state] = (counts[task.state] ?? 0) + 1;
  return counts;
}
