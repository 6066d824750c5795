import type { TaskRecord } from '../../core/run/run-state.js';
import { isAncestor } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';

/** Whether the branch with the task's name, now at `tip`, was created by o8: it must descend from the task's start commit. */
export async function isOwnBranch(repo: Repository, record: TaskRecord, tip: string): Promise<boolean> {
  const { start, worktree, branchRemoved } = record;
  if (start === null || branchRemoved) return false;
  // If only the intent to create a worktree was recorded, creating it may have failed because the branch existed.
  return worktree === 'intended' ? tip === start : isAncestor(repo, start, tip);
}

/** The full ref of a task's branch. */
export function branchRef({ branch }: { readonly branch: string }): string {
  return `refs/heads/${branch}`;
}
