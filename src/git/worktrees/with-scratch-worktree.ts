import type { CriticalSection } from '../../core/base/lease.js';
import type { Repository } from '../door/repository.js';
import { addScratchWorktree, copyWorktreeIncludes, removeWorktree } from './worktrees.js';

/**
 * Runs `work` in a temporary worktree that contains only `commit` and the included files, and removes it afterwards.
 */
export async function withScratchWorktree<T>(
  repo: Repository,
  serialise: CriticalSection,
  worktree: { readonly path: string; readonly commit: string; readonly reason: string },
  work: () => Promise<T>,
): Promise<T> {
  const { path } = worktree;
  await removeWorktree(repo, serialise, path); // left by a process that was killed
  await addScratchWorktree(repo, serialise, worktree);
  try {
    await copyWorktreeIncludes(repo, path);
    return await work();
  } finally {
    await removeWorktree(repo, serialise, path);
  }
}
