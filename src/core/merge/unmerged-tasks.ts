import type { Plan, PlannedTask } from '../plan/plan.js';
import { taskOf, type RunState, type TaskRecord } from '../run/run-state.js';

/** Whether a task's branch may still be merged without a new attempt. */
export function mayStillMerge({ state }: TaskRecord): boolean {
  switch (state.state) {
    case 'queued':
    case 'worktree_created':
    case 'running':
    case 'merge_pending':
    case 'merge_conflict':
    case 'blocked':
      return true;
    case 'complete':
    case 'failed':
    case 'skipped':
    case 'aborted':
      return false;
  }
}

/** The tasks of a run that may still be merged, in the plan's order. */
export function unmergedTasks(plan: Plan, state: RunState): PlannedTask[] {
  return plan.tasks.filter(({ id }) => mayStillMerge(taskOf(state, id)));
}

/** The same in the expected order of the merge queue: finished tasks first, in the order in which they finished. */
export function naturalMergeOrder(plan: Plan, state: RunState): PlannedTask[] {
  const doneSeqOf = ({ id }: PlannedTask): number => {
    const { state: task } = taskOf(state, id);
    return task.state === 'merge_pending' ? task.doneSeq : Number.MAX_SAFE_INTEGER;
  };
  // Sorting is stable, so unfinished tasks keep the plan's order.
  return unmergedTasks(plan, state).sort((a, b) => doneSeqOf(a) - doneSeqOf(b));
}
