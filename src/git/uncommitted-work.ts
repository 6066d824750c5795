import { shellQuote } from '../core/shell-quote.js';
import { endOperation } from '../core/end-operation.js';
import { O8Error } from '../core/errors.js';
import { failpoint } from '../core/failpoint.js';
import { createCommit, treeOf } from './commit.js';
import { git, gitFailure, tryGit } from './execute.js';
import { committer } from './identity.js';
import { awaitOwnLocks } from './index-lock.js';
import { pinRef } from './refs.js';
import type { Repository } from './repository.js';
import { gitDirOf, inspectWorktree } from './worktree-inspection.js';
import { addEverything, restoreFromHead, treeOfEverything } from './worktree-tree.js';

/**
 * Commits what an agent left uncommitted on the branch of its worktree, without hooks. Null when nothing is left.
 * `exclude`: paths that are never committed. Repositories inside the worktree are not either: git would keep an id
 * of them and no content. O8Error `git_failed` in the middle of a merge or rebase, whose conflict markers are no work.
 */
export async function commitLeftovers(
  repo: Repository,
  { path, branch, message, exclude }: { path: string; branch: string; message: string; exclude: readonly string[] },
): Promise<string | null> {
  const found = await inspectWorktree(path);
  if (!found.exists) throw new O8Error('git_failed', `${path} is not a worktree`, 'git worktree list');
  if (found.operation !== null) {
    const message = `a ${found.operation} is in progress in ${path}`;
    throw new O8Error('git_failed', message, `git -C ${shellQuote(path)} ${endOperation(found.operation)}`);
  }
  await awaitOwnLocks(repo, await gitDirOf(path), branch);
  failpoint('leftovers.stage.before');
  await addEverything(path, found, {});
  const out = [...exclude, ...found.nestedRepositories];
  if (out.length > 0) await restoreFromHead(path, out, {});
  failpoint('leftovers.stage.after');
  const staged = ['diff', '--cached', '--quiet', '--no-ext-diff'];
  const difference = await tryGit(staged, { cwd: path });
  if (difference.code === 0) return null;
  if (difference.code !== 1) throw gitFailure(staged, path, difference);
  const args = ['commit', '--quiet', '--no-verify', '--no-gpg-sign', '--cleanup=verbatim', '--file=-'];
  const env = await committer(path);
  failpoint('leftovers.commit.before');
  await git(args, { cwd: path, input: message, env });
  failpoint('leftovers.commit.after');
  return (await git(['rev-parse', 'HEAD'], { cwd: path })).trim();
}

/**
 * Keeps everything that is not committed in a worktree as a commit on top of its HEAD, under a ref in refs/o8/. Works
 * on a copy of the index, so that neither the agent's index nor its files change. Null when there is nothing to keep.
 */
export async function snapshotWorktree(
  repo: Repository,
  path: string,
  { ref, message }: { ref: string; message: string },
): Promise<string | null> {
  const found = await inspectWorktree(path);
  if (!found.exists) throw new O8Error('git_failed', `${path} is not a worktree`, 'git worktree list');
  if (found.changes.length === 0) return null;
  const tree = await treeOfEverything(path, found);
  if (found.head !== null && tree === (await treeOf(repo, found.head))) return null;
  const commit = await createCommit(repo, { tree, parents: found.head === null ? [] : [found.head], message });
  await pinRef(repo, ref, commit);
  return commit;
}
