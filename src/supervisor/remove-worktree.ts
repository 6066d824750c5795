import type { PlannedTask } from '../core/plan.js';
import { isOwnWorktree } from '../git/own-worktree.js';
import { inspectWorktree, removeWorktree, snapshotWorktree } from '../git/worktrees.js';
import { attemptOf, recordOf, type Run } from './run.js';

/**
 * Removes the worktree of a task whose branch has landed. One that still holds something git does not have
 * (a change nobody committed, a repository inside it) stays for `cleanup`.
 */
export async function removeCleanWorktree(run: Run, task: PlannedTask): Promise<void> {
  if (!(await isOwnWorktree(task.worktree, run.plan.runId))) return;
  const found = await inspectWorktree(task.worktree);
  if (found.exists && (found.changes.length > 0 || found.nestedRepositories.length > 0)) {
    run.log(`${task.id}: worktree kept, it has uncommitted content: ${task.worktree}`);
    return;
  }
  run.lease.assertHeld();
  await removeWorktree(run.repo, run.serialise, task.worktree);
  await run.ledger.record({ type: 'worktree_removed', task: task.id });
}

/** Keeps what is uncommitted in a task's worktree under a ref of its own; null when there is nothing to keep. */
export async function rescueWorktree(run: Run, task: PlannedTask): Promise<{ ref: string; commit: string } | null> {
  if (!(await isOwnWorktree(task.worktree, run.plan.runId))) return null;
  const found = await inspectWorktree(task.worktree);
  if (found.changes.length === 0) return null;
  const attempt = recordOf(run, task.id).attempt;
  const ref = `refs/o8/rescue/${run.plan.runId}/${task.id}/${String(attempt)}`;
  run.lease.assertHeld();
  const commit = await snapshotWorktree(run.repo, task.worktree, {
    ref,
    message: `Uncommitted work of ${task.id}, attempt ${String(attempt)} (${attemptOf(run, task.id, attempt).dir})`,
  });
  return commit === null ? null : { ref, commit };
}
