import { existsSync } from 'node:fs';
import type { PlannedTask } from '../core/plan.js';
import { isOwnWorktree } from '../git/own-worktree.js';
import { isAncestor, pinRef, resolveCommit } from '../git/refs.js';
import { inspectWorktree, removeWorktree, snapshotWorktree } from '../git/worktrees.js';
import { errorText } from './error-text.js';
import { attemptOf, recordOf, type Run } from './run.js';
import { rescueRef } from '../core/own-refs.js';

/**
 * Removes the worktree of a task whose branch has landed. One that still holds something git does not have
 * (a change nobody committed, a repository inside it) stays for `cleanup`.
 */
export async function removeCleanWorktree(run: Run, task: PlannedTask): Promise<void> {
  // Gone already: moved away and not yet forgotten by git when its last owner was killed.
  const gone = !existsSync(task.worktree);
  if (!gone && !(await isOwnWorktree(task.worktree, run.plan.runId))) return;
  const found = await inspectWorktree(task.worktree);
  if (found.exists && (found.changes.length > 0 || found.nestedRepositories.length > 0)) {
    const note = 'its worktree has content that is in no commit, and was kept';
    const { notes } = recordOf(run, task.id);
    if (!notes.includes(note)) await run.ledger.record({ type: 'task_noted', task: task.id, notes: [note] });
    return;
  }
  run.lease.assertHeld();
  await removeWorktree(run.repo, run.serialise, task.worktree);
  await run.ledger.record({ type: 'worktree_removed', task: task.id });
}

/** Tasks whose work is on the target and whose worktree the last owner of the run was killed before it removed. */
export function unfinishedRemovals(run: Run): PlannedTask[] {
  return run.plan.tasks.filter(({ id }) => {
    const { state, worktree } = recordOf(run, id);
    return state.state === 'complete' && worktree === 'present';
  });
}

/** What cannot be removed now stays for `cleanup`. */
export async function finishRemovals(run: Run, tasks: readonly PlannedTask[]): Promise<void> {
  for (const task of tasks) {
    if (recordOf(run, task.id).worktree !== 'present') continue;
    await removeCleanWorktree(run, task).catch((error: unknown) => {
      run.log(`${task.id}: worktree not removed: ${errorText(error)}`);
    });
  }
}

interface Rescue {
  readonly ref: string;
  readonly attempt: number;
  /** HEAD where it is not on the task's branch. */
  readonly beside: string | null;
}

/** What a worktree holds that would be lost with it: uncommitted changes, or commits that are not on its branch. */
export async function whatToRescue(run: Run, task: PlannedTask): Promise<Rescue | null> {
  if (!(await isOwnWorktree(task.worktree, run.plan.runId))) return null;
  const found = await inspectWorktree(task.worktree);
  const beside = found.head !== null && !(await isOnBranch(run, task, found.head)) ? found.head : null;
  if (found.changes.length === 0 && beside === null) return null;
  const { attempt } = recordOf(run, task.id);
  return { ref: rescueRef(run.plan.runId, task.id, attempt), attempt, beside };
}

/** Keeps that under a ref of its own; null when there is nothing to keep. */
export async function rescueWorktree(run: Run, task: PlannedTask): Promise<{ ref: string; commit: string } | null> {
  const rescue = await whatToRescue(run, task);
  if (rescue === null) return null;
  const { ref, attempt, beside } = rescue;
  run.lease.assertHeld();
  const commit = await snapshotWorktree(run.repo, task.worktree, {
    ref,
    message: `Uncommitted work of ${task.id}, attempt ${String(attempt)} (${attemptOf(run, task.id, attempt).dir})`,
  });
  if (commit !== null) return { ref, commit }; // on top of HEAD, so it has the commits too
  if (beside === null) return null;
  await pinRef(run.repo, ref, beside);
  return { ref, commit: beside };
}

async function isOnBranch(run: Run, task: PlannedTask, commit: string): Promise<boolean> {
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  return tip !== null && (tip === commit || (await isAncestor(run.repo, commit, tip)));
}
