import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { branchTips } from '../../git/refs/branch-tips.js';
import type { Repository } from '../../git/door/repository.js';
import { workInProgress, type WorkInProgress } from '../../git/worktrees/work-in-progress.js';
import type { UnmergedWork } from './expected-conflicts.js';

/** A task's work that is not in the target. */
export type TaskWork =
  | { readonly kind: 'no_branch' }
  | { readonly kind: 'nothing'; readonly leftOut: string | null }
  /** `leftOut`: why requested uncommitted changes are not in the commit; null when they are. */
  | { readonly kind: 'unmerged'; readonly commit: string; readonly leftOut: string | null };

/** The work of these tasks by id: on their branches, and with `uncommitted` also in their worktrees. */
export async function findWork(
  repo: Repository,
  tasks: readonly PlannedTask[],
  { target, uncommitted }: { target: string; uncommitted: boolean },
): Promise<Map<string, TaskWork>> {
  const branches = tasks.map(({ branch }) => branch);
  const tips = await branchTips(repo, branches, target);
  const found = new Map<string, TaskWork>();
  for (const task of tasks) {
    const tip = tips.get(task.branch);
    if (tip === undefined) {
      found.set(task.id, { kind: 'no_branch' });
      continue;
    }
    const progress = uncommitted ? await inWorktree(repo, task) : ({ kind: 'none' } as const);
    const leftOut = progress.kind === 'unclear' ? progress.reason : null;
    if (progress.kind === 'commit') found.set(task.id, { kind: 'unmerged', commit: progress.commit, leftOut });
    else if (tip.merged) found.set(task.id, { kind: 'nothing', leftOut });
    else found.set(task.id, { kind: 'unmerged', commit: tip.commit, leftOut });
  }
  return found;
}

/** The work to compare; empty when everything is in the target. */
export function unmergedWork(id: string, work: TaskWork | undefined): UnmergedWork[] {
  return work?.kind === 'unmerged' ? [{ id, commit: work.commit }] : [];
}

async function inWorktree(repo: Repository, { worktree, branch }: PlannedTask): Promise<WorkInProgress> {
  return workInProgress(repo, worktree, { branch, exclude: [COMPLETION_MARKER] });
}
