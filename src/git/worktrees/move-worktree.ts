import { failpoint } from '../../core/base/failpoint.js';
import { tryGit } from '../door/execute.js';

/** Moves a worktree and its branch to another commit. False, and nothing changes, where uncommitted changes are in the way. */
export async function moveWorktree(
  path: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const at = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD'], { cwd: path });
  if (at.stdout.trim() !== from) return false;
  failpoint('pulls.follow.before');
  const moved = await tryGit(['reset', '--quiet', '--keep', to], { cwd: path });
  failpoint('pulls.follow.after');
  return moved.code === 0;
}
