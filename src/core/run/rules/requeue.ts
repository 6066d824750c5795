import { heldOfTask, type TaskState } from '../task-state.js';
import type { RunEvent } from '../events.js';
import type { TaskRecord } from '../run-state.js';

/** The commit of a task's branch as it was when its merge stopped, where the task waits for a person; else null. */
export function tipThatWaits(state: TaskState): string | null {
  if (state.state === 'merge_conflict') return state.branchCommit;
  return state.state === 'merge_pending' && state.hold !== null ? state.tip : null;
}

/** What is known of a branch whose task waits for a person. */
export interface BranchNow {
  /** What of it is begun and not committed: it would not be part of what is merged. */
  readonly unfinished: string | null;
  /** Its commit now, or the last known one where somebody deleted it; null where that is gone, too. */
  readonly tip: string | null;
  /** Somebody moved it back to before what was known of it. */
  readonly movedBack: boolean;
}

export type Requeueing =
  | { readonly kind: 'merge'; readonly tip: string }
  | { readonly kind: 'refuse'; readonly why: 'unfinished' | 'moved_back' }
  | { readonly kind: 'leave' };

/** `named`: the person means this very task, and is told why it cannot be merged; others of a run are left then. */
export function requeueForMerge({ unfinished, tip, movedBack }: BranchNow, named: boolean): Requeueing {
  if (unfinished !== null) return named ? { kind: 'refuse', why: 'unfinished' } : { kind: 'leave' };
  if (tip === null) return { kind: 'leave' };
  if (movedBack) return named ? { kind: 'refuse', why: 'moved_back' } : { kind: 'leave' };
  return { kind: 'merge', tip };
}

/**
 * What was shown for the branch's tip may land. A branch that has moved since was not shown: it is looked at again. Null
 * for a task that is not held (again, after it has landed): there is nothing to accept.
 */
export function acceptHeld({ id, state }: TaskRecord, tip: string | null): RunEvent | null {
  const held = heldOfTask(state);
  if (held === null) return null;
  if (tip !== null && tip !== held.tip) return null;
  return { type: 'held_accepted', task: id, tip: held.tip, keys: [...held.keys] };
}
