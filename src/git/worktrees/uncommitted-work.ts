import { shellQuote } from '../../core/base/shell-quote.js';
import { endOperation } from '../../core/merge/end-operation.js';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { createCommit, treeOf } from '../door/commit.js';
import { git, gitFailure, tryGit } from '../door/execute.js';
import { committer } from '../door/author-identity.js';
import { awaitOwnLocks } from '../door/index-lock.js';
import { keepCommit } from './keep-commit.js';
import type { Repository } from '../door/repository.js';
import { gitDirOf, inspectWorktree, type WorktreeInspection } from './worktree-inspection.js';
import { addEverything, restoreFromHead, treeOfAll, treeOfStaged } from './worktree-tree.js';

/** The ref that holds the saved commit. */
export interface Kept {
  readonly ref: string;
  readonly commit: string;
}

/**
 * Commits an agent's uncommitted changes on the branch of its worktree, without hooks. Null if there are none.
 * `exclude`: paths that are never committed. Nested repositories are not committed either: git would store only an id.
 * O8Error `git_failed` during a merge or rebase, because files may contain conflict markers.
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
 * Saves all uncommitted changes of a worktree as a commit on top of its HEAD, under a ref in refs/o8/ (or beside it, if
 * that ref holds other work). Changes that are staged and were changed again become a second parent, as in `git stash`.
 * Uses a copy of the index; the agent's index and files do not change. `also`: ignored paths to include. Null if there
 * is nothing to save.
 */
export async function snapshotWorktree(
  repo: Repository,
  path: string,
  { ref, message, also = [] }: { ref: string; message: string; also?: readonly string[] },
): Promise<Kept | null> {
  const found = await inspectWorktree(path);
  if (!found.exists) throw new O8Error('git_failed', `${path} is not a worktree`, 'git worktree list');
  if (found.changes.length === 0 && found.unwatched.length === 0 && also.length === 0) return null;
  const tree = await treeOfAll(path, found, also);
  const staged = await stagedCommit(repo, path, found);
  if (found.head !== null && staged === null && tree === (await treeOf(repo, found.head))) return null;
  const parents = [...(found.head === null ? [] : [found.head]), ...(staged === null ? [] : [staged])];
  const commit = await createCommit(repo, { tree, parents, message });
  return { ref: await keepCommit(repo, ref, commit), commit };
}

/** Saves content that is only in the index, before the folder's content replaces it. Null if there is none. */
export async function keepStaged(
  repo: Repository,
  path: string,
  found: WorktreeInspection,
  ref: string,
): Promise<Kept | null> {
  const commit = await stagedCommit(repo, path, found);
  return commit === null ? null : { ref: await keepCommit(repo, ref, commit), commit };
}

async function stagedCommit(repo: Repository, path: string, found: WorktreeInspection): Promise<string | null> {
  if (found.stagedOnly.length === 0 || found.head === null) return null;
  const tree = await treeOfStaged(path, found);
  if (tree === null) return null;
  const message = `Staged in ${path}, and changed again before it was committed\n`;
  return createCommit(repo, { tree, parents: [found.head], message });
}
