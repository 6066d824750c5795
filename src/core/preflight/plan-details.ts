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

/** What a source knows of a task's size; no key that says nothing. */
export interface TaskSize {
  readonly stories?: number;
  readonly criteria?: number;
  readonly tests?: number;
  readonly files?: number;
  readonly minutes?: number;
}

/**
 * What a source that has read a plan knows beyond the plan itself. Each source makes its own; who asks does not know
 * which one answers. All of it is about the tasks the plan's run works on.
 */
export interface PlanDetails {
  /** The plan for people, no newline at the end. `reader`: whose commands it names. */
  readonly text: (plan: Plan, disk: DiskEstimate, reader?: Reader) => string;
  readonly overlaps: (plan: Plan, foldsCase: boolean) => readonly PathOverlap[];
  /** By task; empty where nothing is known. */
  readonly sizes: (plan: Plan) => ReadonlyMap<string, TaskSize>;
  /** Minutes of the whole, and which tasks to run one group after another; no key that says nothing. */
  readonly whole: (plan: Plan) => {
    readonly minutes?: { readonly alone: number; readonly parallel: number };
    readonly batches?: readonly (readonly string[])[];
  };
  /** O8Error `preflight_failed` where something is missing without which there is nothing to preview, or to start. */
  readonly refuseIncomplete: (plan: Plan, step: 'preview' | 'start') => void;
  /** The command of the repository that agents are told to run, null where they are told none. */
  readonly calls: string | null;
  /** Files agents are told to use (from the top), which worktrees have only when git has them. */
  readonly toldFiles: (plan: Plan) => readonly string[];
  /** `untracked`: those of `toldFiles` that git does not have. */
  readonly checks: (
    plan: Plan,
    found: { readonly untracked: readonly string[]; readonly newAttempts: readonly NewAttempt[] },
  ) => readonly Check[];
}
