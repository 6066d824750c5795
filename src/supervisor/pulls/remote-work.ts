import { existsSync } from 'node:fs';
import type { PlannedTask } from '../../core/plan/plan.js';
import { countOwnCommits } from '../../git/diff/changes.js';
import { fetchBranch } from '../../git/remote/fetch-branch.js';
import { advanceRef, createRef, resolveCommit } from '../../git/refs/refs.js';
import { sourceOf } from '../../core/plan/sources.js';
import type { RunEvent } from '../../core/run/events.js';
import { withoutNotMerged } from '../attempts/restore-not-merged.js';
import { moveWorktree } from '../../git/worktrees/move-worktree.js';
import { inspectWorktree } from '../../git/worktrees/worktrees.js';
import { isTasksWorktree, noteOnce } from '../attempts/remove-worktree.js';
import { recordDone } from '../run/record-done.js';
import { lastAttemptRef, recordOf, type Run } from '../run/run.js';

/**
 * A person pushed `head` to the task's branch (rebased, or with commits of their own): it is the task's work from here
 * on, and is verified again. The task's own branch follows where nothing would be lost; what it had stays under a ref.
 */
export async function takeRemoteWork(run: Run, task: PlannedTask, remote: string, head: string): Promise<boolean> {
  const fetched = await fetchBranch(run.repo, { remote, branch: task.branch });
  if (fetched.kind !== 'fetched' || fetched.commit !== head) return false; // looked at again with the next look
  const tip = await mergeableTip(run, remote, head);
  if (tip === null) return false;
  await followBranch(run, task, tip);
  const { start } = recordOf(run, task.id);
  const commits = start === null ? 0 : await countOwnCommits(run.repo, start, head);
  const notes = [`${task.branch} was pushed by somebody else at ${head.slice(0, 12)}, and is verified again`];
  // What the remote has is known together with what replaces it: not before it, or it would count as verified.
  const onRemote: RunEvent[] = tip === head ? [] : [{ type: 'branch_pushed', task: task.id, commit: head }];
  await recordDone(run, { task: task.id, tip, commits, notes }, onRemote);
  return true;
}

/**
 * Null: not now. A new commit on top of `head` where it has changes that are not merged. They are compared with the base as
 * it is now, which a person may have rebased on.
 */
async function mergeableTip(run: Run, remote: string, head: string): Promise<string | null> {
  if (sourceOf(run.plan.source).notMerged.length === 0) return head;
  const fetched = await fetchBranch(run.repo, { remote, branch: run.plan.base.branch });
  return fetched.kind === 'fetched' ? withoutNotMerged(run, head) : null;
}

async function followBranch(run: Run, task: PlannedTask, head: string): Promise<void> {
  const ref = `refs/heads/${task.branch}`;
  const tip = await resolveCommit(run.repo, ref);
  if (tip === null || tip === head) return;
  run.lease.assertHeld();
  await createRef(run.repo, `${lastAttemptRef(run, task.id)}-${tip.slice(0, 12)}`, tip);
  const there = existsSync(task.worktree) && (await isTasksWorktree(run, task));
  if (there) {
    const found = await inspectWorktree(task.worktree);
    if (found.branch === task.branch) {
      if (await moveWorktree(task.worktree, { from: tip, to: head })) return;
      return noteOnce(run, task, [`${task.worktree} has changes of its own and stays at ${tip.slice(0, 12)}`]);
    }
  }
  run.lease.assertHeld();
  await advanceRef(run.repo, ref, { from: tip, to: head });
}
