import type { TaskRecord } from '../../core/run/run-state.js';
import { isAncestor } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';

/** A branch of the name, at `tip`, that does not come from where the task's began is somebody else's. */
export async function isOwnBranch(repo: Repository, record: TaskRecord, tip: string): Promise<boolean> {
  const { start, worktree, branchRemoved } = record;
  if (start === null || branchRemoved) return false;
  // A worktree that was only announced may have failed because the branch was somebody else's.
  return worktree === 'intended' ? tip === start : isAncestor(repo, start, tip);
}

/** Of a task, planned or shown. */
export function branchRef({ branch }: { readonly branch: string }): string {
  return `refs/heads/${branch}`;
}
