import { O8Error } from '../../core/base/errors.js';
import { createCommit, treeOf } from '../door/commit.js';
import type { Repository } from '../door/repository.js';
import { inspectWorktree, type WorktreeInspection } from './worktree-inspection.js';
import { treeOfEverything } from './worktree-tree.js';

/** What of a worktree's work is not committed yet. */
export type WorkInProgress =
  | { readonly kind: 'none' }
  /** A commit of all of it on top of the branch, which no ref points to. */
  | { readonly kind: 'commit'; readonly commit: string }
  /** It cannot be told what a commit would hold. */
  | { readonly kind: 'unclear'; readonly reason: string };

const TRIES = 3; // an agent that deletes a file while git reads it fails the whole `add`

/**
 * The commit that a worktree's uncommitted work would make on its branch right now, while an agent may be at work in
 * it. New objects are all that is written: no ref, and nothing in the worktree or its index.
 */
export async function workInProgress(
  repo: Repository,
  path: string,
  { branch, exclude }: { branch: string; exclude: readonly string[] },
): Promise<WorkInProgress> {
  const found = await inspectWorktree(path);
  if (!found.exists || found.head === null || found.changes.length === 0) return { kind: 'none' };
  // Conflict markers are no work.
  if (found.operation !== null) return { kind: 'unclear', reason: `a ${found.operation} is in progress` };
  if (found.branch !== branch) return { kind: 'unclear', reason: `${found.branch ?? 'no branch'} is checked out` };
  const tree = await treeNow(path, found, [...exclude, ...found.nestedRepositories]);
  if (tree.kind === 'unclear') return tree;
  if (tree.id === (await treeOf(repo, found.head))) return { kind: 'none' };
  const message = `Work in progress on ${branch}\n`;
  return { kind: 'commit', commit: await createCommit(repo, { tree: tree.id, parents: [found.head], message }) };
}

type Tree = { readonly kind: 'tree'; readonly id: string } | Extract<WorkInProgress, { kind: 'unclear' }>;

async function treeNow(path: string, found: WorktreeInspection, exclude: readonly string[]): Promise<Tree> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { kind: 'tree', id: await treeOfEverything(path, found, exclude) };
    } catch (error) {
      if (!(error instanceof O8Error)) throw error;
      if (tries === TRIES) return { kind: 'unclear', reason: error.message };
    }
  }
}
