import type { PlannedTask } from '../../core/plan/plan.js';
import { merged } from '../../core/run/rules/merge-stack.js';
import { endSetupProcesses } from '../run/end-setup-processes.js';
import { forgetPins } from '../run/pins.js';
import { removeCleanWorktree } from '../attempts/remove-worktree.js';
import { recordOf, type Run } from '../run/run.js';

/**
 * Completes a task whose work is on the target as `commit`: records that first, then removes what only the merge
 * needed.
 */
export async function finishMerge(
  run: Run,
  task: PlannedTask,
  commit: string,
  notes: readonly string[],
): Promise<void> {
  await endSetupProcesses(run, task.id); // they may write into the worktree that is removed next
  await run.ledger.record(...merged(task.id, commit, notes));
  await forgetPins(run, task.id);
  if (recordOf(run, task.id).worktree !== 'none') await removeCleanWorktree(run, task); // work from an earlier run has no worktree of this run
}
