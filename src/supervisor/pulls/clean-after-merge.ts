import type { PlannedTask } from '../../core/plan/plan.js';
import { deleteRemoteBranch } from '../../git/remote/push-branch.js';
import { cleanupRun } from '../requests/cleanup-run.js';
import { errorText } from '../run/error-text.js';
import { recordOf, type Run } from '../run/run.js';
import type { PullWork } from './pull-work.js';

/** Removes the remote branch where it still has what was merged, then the worktree and the local branch. */
export async function cleanAfterMerge(
  { run, remote }: Pick<PullWork, 'run' | 'remote'>,
  task: PlannedTask,
): Promise<void> {
  const { pull } = recordOf(run, task.id);
  try {
    if (pull !== null && pull.pushed !== null) {
      run.lease.assertHeld();
      const { branch } = task;
      const gone = await deleteRemoteBranch(run.repo, { remote, branch, expected: pull.pushed });
      if (gone.kind !== 'deleted') run.log(`${task.id}: ${remote}/${branch} was left: ${gone.kind}`);
    }
    await cleanupRun(run, { task: task.id, force: false, dryRun: false });
  } catch (error) {
    run.log(`${task.id}: not cleaned up after its merge: ${errorText(error)}`);
  }
}

/** Tasks that were merged and whose branch is still there. */
export function unfinishedCleanups(run: Run): string[] {
  return run.plan.tasks.flatMap(({ id }) => {
    const { state, pull, branchRemoved } = recordOf(run, id);
    const opened = pull?.opened ?? null;
    return state.state === 'complete' && opened !== null && !branchRemoved ? [id] : [];
  });
}
