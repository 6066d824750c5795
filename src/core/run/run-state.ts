import type { Text } from '../base/text.js';
import type { Acceptance } from '../held/finding.js';
import type { MergeStrategy } from '../settings/settings.js';
import type { PlannedTask } from '../plan/plan.js';
import type { PullRecord } from './pull-record.js';
import { isSettled, type TaskState } from './task-state.js';

/** One task of a run, according to the journal. `changedAt` is the number of the last record that changed it. */
export interface TaskRecord {
  readonly id: string;
  readonly wave: number;
  readonly state: TaskState;
  /** Number of the last attempt, 0 before the first. Retries continue the count, so attempt folders never collide. */
  readonly attempt: number;
  /** The last attempt whose end is recorded, so that the next owner does not count a repeated record after a crash. */
  readonly endedAttempt: number;
  readonly sessionId: string | null;
  /** The commit the branch started from; null until the worktree has been announced. */
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
  /** Facts for the user that did not stop the task: scope warnings, leftover changes committed by o8. */
  readonly notes: readonly Text[];
  /** Held changes that the user accepted. */
  readonly accepted: Acceptance | null;
  /** Its branch on the remote and its pull request; null where none was announced. */
  readonly pull: PullRecord | null;
  readonly changedAt: number;
}

export type FinishedState = 'completed' | 'failed' | 'aborted';

/*
 * running <-> paused;  running|paused -> aborting -> finished;  running -> finished
 * finished -> running when there is work again (retry, another wave, a resolved conflict, a validation)
 *
 * Jobs run concurrently, so another job may change the run before such an event is written. An event that no longer
 * fits (a pause during an abort, an end after a task was queued again) has no effect, unlike events of a task.
 */
export type RunPhase =
  | { readonly kind: 'running' }
  /** `until`: when the pause ends automatically; null if the user has to end it. */
  | { readonly kind: 'paused'; readonly reason: string; readonly until: string | null }
  | { readonly kind: 'aborting' }
  | { readonly kind: 'finished'; readonly state: FinishedState };

export type WaveValidation =
  { readonly kind: 'passed'; readonly commit: string } | { readonly kind: 'failed'; readonly message: string };

/** A ref update that was announced and is not yet recorded as done. */
export interface RefIntent {
  readonly from: string;
  readonly to: string;
}

/**
 * Work merged into a ref; `from` is its previous commit. `task`: null if the whole target landed on the base branch.
 */
export interface LandingRecord extends RefIntent {
  readonly ref: string;
  readonly task: string | null;
  /** The tasks whose work is in `to`. If only part of the target landed, these are not all merged tasks. */
  readonly tasks: readonly string[];
  /** How the landing was undone; null if it was not. */
  readonly undone: Undoing | null;
}

/** After a revert in `commit`, merging the same work again changes nothing. */
export type Undoing = { readonly kind: 'reverted'; readonly commit: string } | { readonly kind: 'moved_back' };

export interface RunState {
  readonly runId: string;
  readonly seq: number;
  readonly phase: RunPhase;
  /** The user stopped the run and nothing has been queued since, so it ends as aborted. */
  readonly stoppedByUser: boolean;
  readonly targetCreated: boolean;
  readonly owner: { readonly pid: number; readonly generation: number } | null;
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  /** Tasks that joined the run after it was planned, in order. */
  readonly added: readonly PlannedTask[];
  readonly validations: ReadonlyMap<number, WaveValidation>;
  /** The merge strategy chosen by the user after the run started; null: as planned. */
  readonly strategy: MergeStrategy | null;
  /** Another run whose supervisor was killed for this run and whose agents may still be running. */
  readonly stopping: { readonly run: string; readonly generation: number } | null;
  /** Tasks whose branch and worktree names have been made free. */
  readonly roomMade: ReadonlySet<string>;
  readonly mergeIntents: ReadonlyMap<string, RefIntent & { readonly ref: string }>;
  readonly landingIntent: (RefIntent & { readonly branch: string }) | null;
  /** The commit of the target that is on the base branch, null if nothing landed or all of it was reverted. */
  readonly landed: string | null;
  /** All work in `target` is on the base branch since `commit`, but was not landed by o8 (squashed, rebased). */
  readonly foundLanded: { readonly target: string; readonly commit: string } | null;
  /** In the order in which they happened. */
  readonly landings: readonly LandingRecord[];
  readonly undoIntent:
    (RefIntent & { readonly branch: string; readonly task: string | null; readonly landing: string }) | null;
  /** Passed checks, by `verifiedKey`, so that the same tree is not checked twice. */
  readonly verified: ReadonlySet<string>;
  /** The number of checks run so far. */
  readonly verifyRuns: number;
}

/** The key of a check that ran on a tree. */
export function verifiedKey(tree: string, check: string): string {
  return `${tree} ${check}`;
}

export function taskOf(state: RunState, id: string): TaskRecord {
  const record = state.tasks.get(id);
  if (record === undefined) throw new Error(`run ${state.runId} has no task ${id}`);
  return record;
}

/** A pull request with exactly the work that is done: nothing is left to push or to say. */
export function isPublished({ state, pull }: Pick<TaskRecord, 'state' | 'pull'>): boolean {
  if (state.state !== 'merge_pending' || (pull?.opened ?? null) === null) return false;
  return pull?.pushed === state.tip && pull.described === state.tip;
}

/** Its pull request shows what is done, so that what is said about it there counts. */
export function isOpenPull(record: Pick<TaskRecord, 'state' | 'pull'>): boolean {
  const { state, pull } = record;
  return isPublished(record) || (state.state === 'merge_conflict' && pull !== null && pull.opened !== null);
}

/** Its work is on the target, and its worktree is still there. */
export function isUntidy({ state, worktree }: Pick<TaskRecord, 'state' | 'worktree'>): boolean {
  return state.state === 'complete' && (worktree === 'present' || worktree === 'intended');
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
