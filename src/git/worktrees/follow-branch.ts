import { failpoint } from '../../core/base/failpoint.js';
import { tryGit } from '../door/execute.js';

/**
 * Moves a worktree's branch with `move` from one commit to another that differs only in `paths`, with index and files.
 * Files that have other changes in these paths stay as they are. The files come first: after a crash in between, the same
 * again ends the same.
 */
export async function moveWithBranch(
  worktree: string,
  { from, to }: { readonly from: string; readonly to: string },
  paths: readonly string[],
  move: () => Promise<boolean>,
): Promise<boolean> {
  failpoint('index.reset.before');
  const taken = await tryGit(['read-tree', '-m', '-u', from, to], { cwd: worktree });
  failpoint('index.reset.after');
  const moved = await move();
  if (moved && taken.code === 0) return true;
  // As HEAD has it: after a move that failed, or where a file differs from both.
  failpoint('index.reset.before');
  await tryGit(['--literal-pathspecs', 'reset', '--quiet', '--', ...paths], { cwd: worktree });
  failpoint('index.reset.after');
  return moved;
}
