import { heldOfTask, type TaskState } from '../task-state.js';
import type { RunEvent } from '../events.js';
import type { TaskRecord } from '../run-state.js';

/**
 * The branch's commit when the merge of a task stopped and the task began to wait for the user; null if it does not.
 */
export function tipThatWaits(state: TaskState): string | null {
  if (state.state === 'merge_conflict') return state.branchCommit;
  return state.state === 'merge_pending' && state.hold !== null ? state.tip : null;
}

/** The current branch of a task that waits for the user. */
export interface BranchNow {
  /** Describes uncommitted changes, which the merge would not include; null if there are none. */
  readonly unfinished: string | null;
  /** Its commit, or the last known one if the branch was deleted; null if that commit is gone too. */
  readonly tip: string | null;
  /** The branch was moved back to a commit before the last known one. */
  readonly movedBack: boolean;
}

export type Requeueing =
  | { readonly kind: 'merge'; readonly tip: string }
  | { readonly kind: 'refuse'; readonly why: 'unfinished' | 'moved_back' }
  | { readonly kind: 'leave' };

/** `named`: the user named this task and is told why it cannot be merged; other tasks are skipped in that case. */
export function requeueForMerge({ unfinished, tip, movedBack }: BranchNow, named: boolean): Requeueing {
  if (unfinished !== null) return named ? { kind: 'refuse', why: 'unfinished' } : { kind: 'leave' };
  if (tip === null) return { kind: 'leave' };
  if (movedBack) return named ? { kind: 'refuse', why: 'moved_back' } : { kind: 'leave' };
  return { kind: 'merge', tip };
}

/**
 * Accepts the held changes that were shown for the branch's tip. If the branch has moved since, it is checked again
 * instead. Null if the task is not held: there is nothing to accept.
 */
export function acceptHeld({ id, state }: TaskRecord, tip: string | null): RunEvent | null {
  const held = heldOfTask(state);
  if (held === null) return null;
  if (tip !== null && tip !== held.tip) return null;
  return { type: 'held_accepted', task: id, tip: held.tip, keys: [...held.keys] };
}
