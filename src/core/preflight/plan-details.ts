import type { Reader } from '../text/spelling.js';
import type { Check } from '../base/check.js';
import type { DiskEstimate } from '../plan/disk-estimate.js';
import type { Plan } from '../plan/plan.js';
import type { NewAttempt } from '../run/new-attempt.js';

/** A path that two tasks may change at the same time. */
export interface PathOverlap {
  readonly path: string;
  readonly tasks: readonly string[];
  readonly level: 'warn' | 'fail';
}

/** What a source knows about a task's size; unknown values are absent. */
export interface TaskSize {
  readonly stories?: number;
  readonly criteria?: number;
  readonly tests?: number;
  readonly files?: number;
  readonly minutes?: number;
}

/**
 * What a source knows in addition to the plan. Every source implements it, and callers do not depend on the kind. All
 * of it is about the tasks of this run.
 */
export interface PlanDetails {
  /** The plan for people, without a newline at the end. `reader`: for whom commands are spelled. */
  readonly text: (plan: Plan, disk: DiskEstimate, reader?: Reader) => string;
  readonly overlaps: (plan: Plan, foldsCase: boolean) => readonly PathOverlap[];
  /** By task id; empty if nothing is known. */
  readonly sizes: (plan: Plan) => ReadonlyMap<string, TaskSize>;
  /** Estimated minutes for all tasks, and batches of tasks to run one after the other; unknown values are absent. */
  readonly whole: (plan: Plan) => {
    readonly minutes?: { readonly alone: number; readonly parallel: number };
    readonly batches?: readonly (readonly string[])[];
  };
  /** O8Error `preflight_failed` if something is missing that a preview, or a start, requires. */
  readonly refuseIncomplete: (plan: Plan, step: 'preview' | 'start') => void;
  /** The repository's command that agents are told to run, null if there is none. */
  readonly calls: string | null;
  /** Files that agents are told to use, relative to the repository; worktrees only have them if git tracks them. */
  readonly toldFiles: (plan: Plan) => readonly string[];
  /** `untracked`: those of `toldFiles` that git does not track. */
  readonly checks: (
    plan: Plan,
    found: { readonly untracked: readonly string[]; readonly newAttempts: readonly NewAttempt[] },
  ) => readonly Check[];
}
