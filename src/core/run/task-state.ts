import type { Text } from '../base/text.js';
import * as z from 'zod';
import type { Held } from '../held/finding.js';

/*
 * queued -> worktree_created -> running -> merge_pending -> complete
 *    |            |                |  ^          |   \
 *    |            v                v  | retry    |    -> merge_conflict -> merge_pending (the user resolved it)
 *    |-> skipped  failed <---------'--'          '-> failed (verify_failed, scope_violation)
 * '-> blocked -> queued (its dependencies completed)   any unfinished one, run aborted -> aborted
 */

export const failureReasonSchema = z.union([
  z.enum([
    'timeout',
    'stalled',
    'no_completion_marker',
    'no_commits',
    'agent_error',
    'budget_exceeded',
    'setup_failed',
    'verify_failed',
    'scope_violation',
    'worktree_failed',
    'lost',
  ]),
  z.templateLiteral(['exit_', z.number()]),
  z.templateLiteral(['signal_', z.string()]),
]);
export type FailureReason = z.infer<typeof failureReasonSchema>;

/** How the next attempt starts: with a new session, or in the earlier session with a note about what happened. */
export const nextAttemptSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fresh') }),
  z.strictObject({ kind: z.literal('continue'), note: z.string() }),
]);
export type NextAttempt = z.infer<typeof nextAttemptSchema>;

export type TaskState =
  | { readonly state: 'queued'; readonly notBefore: string | null; readonly next: NextAttempt }
  | { readonly state: 'worktree_created'; readonly notBefore: string | null; readonly next: NextAttempt }
  | {
      readonly state: 'running';
      readonly attemptId: string;
      readonly since: string;
      /** The attempt's budget, reserved until it ends; null for no limit. */
      readonly budgetUsd: number | null;
      /** How the attempt starts, and its replacement if it turns out to be void. */
      readonly next: NextAttempt;
      readonly process: AttemptProcess;
    }
  | { readonly state: 'merge_pending'; readonly tip: string; readonly doneSeq: number; readonly hold: MergeHold | null }
  | {
      readonly state: 'merge_conflict';
      readonly files: readonly string[];
      readonly targetCommit: string;
      readonly branchCommit: string;
    }
  /** `landed`, as the journal calls it: the commit of the target, or of the base, that has the task's work. */
  | { readonly state: 'complete'; readonly landed: string }
  | { readonly state: 'failed'; readonly reason: FailureReason; readonly message: string }
  | { readonly state: 'blocked'; readonly by: readonly string[] }
  | { readonly state: 'skipped'; readonly why: 'user' | 'other_wave' | 'claimed'; readonly landed: string | null }
  | { readonly state: 'aborted' };

export type TaskStateName = TaskState['state'];

export const TASK_STATE_NAMES = [
  'queued',
  'worktree_created',
  'running',
  'merge_pending',
  'merge_conflict',
  'complete',
  'failed',
  'blocked',
  'skipped',
  'aborted',
] as const satisfies readonly TaskStateName[];

/** The agent process of an attempt: first announced in the journal, then seen running. */
export type AttemptProcess = { readonly kind: 'intended' } | { readonly kind: 'started'; readonly pid: number };

/**
 * Why a finished branch could not be merged into the target yet, and the command that tries again. `held`: changes that
 * the user has to decide about; null if something else prevents the merge.
 */
export interface MergeHold {
  readonly reason: string;
  readonly hint: Text;
  readonly held: Held | null;
}

/** The changes that the user has to decide about before the task's work may land; null if there are none. */
export function heldOfTask(state: TaskState): Held | null {
  return state.state === 'merge_pending' ? (state.hold?.held ?? null) : null;
}

/** Finished work in the merge queue: not held for a person. */
export function isInMergeQueue(state: TaskState): state is Extract<TaskState, { state: 'merge_pending' }> {
  return state.state === 'merge_pending' && state.hold === null;
}

export function isRunning(state: TaskState): state is Extract<TaskState, { state: 'running' }> {
  return state.state === 'running';
}

/** The commit with the task's work if dependents may use it, even if this run left the task out; otherwise null. */
export function mergedCommit(state: TaskState): string | null {
  return state.state === 'complete' || state.state === 'skipped' ? state.landed : null;
}

/** Whether nothing more will happen to the task unless the user acts. */
export function isSettled(state: TaskState): boolean {
  switch (state.state) {
    case 'queued':
    case 'worktree_created':
    case 'running':
      return false;
    case 'merge_pending':
      return state.hold !== null;
    case 'merge_conflict':
    case 'complete':
    case 'failed':
    case 'blocked':
    case 'skipped':
    case 'aborted':
      return true;
  }
}
