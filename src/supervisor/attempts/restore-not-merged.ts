import { sourceOf } from '../../core/plan/sources.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { leaveOut } from '../../git/merge/leave-out.js';
import { moveWithBranch } from '../../git/worktrees/follow-branch.js';
import { advanceRef, mergeBase } from '../../git/refs/refs.js';
import { targetOf } from '../../core/plan/target.js';
import type { Run } from '../run/run.js';

/** Paths that a worktree may have and that are never committed nor count as work. */
export function isNotMerged({ plan }: Pick<Run, 'plan'>, path: string): boolean {
  return sourceOf(plan.source).notMerged.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/**
 * The tip of a finished task's branch, with a commit on top where the branch changed what its source does not have
 * merged: whoever merges the branch elsewhere must not get that either.
 */
export async function restoreNotMerged(run: Run, task: PlannedTask, tip: string): Promise<string> {
  const folders = sourceOf(run.plan.source).notMerged;
  const restored = await withoutNotMerged(run, tip);
  if (restored === tip) return tip;
  run.lease.assertHeld();
  const steps = { from: tip, to: restored };
  const moved = await moveWithBranch(task.worktree, steps, folders, () =>
    advanceRef(run.repo, `refs/heads/${task.branch}`, steps),
  );
  return moved ? restored : tip;
}

/** The same for a commit that is on no branch here, which a new commit on top of it does not change. */
export async function withoutNotMerged(run: Run, tip: string): Promise<string> {
  const folders = sourceOf(run.plan.source).notMerged;
  if (folders.length === 0) return tip;
  const base = await mergeBase(run.repo, targetOf(run.plan).ref, tip);
  return base === null ? tip : leaveOut(run.repo, { ours: base, theirs: tip }, folders);
}
