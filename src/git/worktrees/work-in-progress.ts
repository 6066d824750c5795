import { O8Error } from '../../core/base/errors.js';
import { createCommit, treeOf } from '../door/commit.js';
import type { Repository } from '../door/repository.js';
import { inspectWorktree, type WorktreeInspection } from './worktree-inspection.js';
import { treeOfEverything } from './worktree-tree.js';

/** The uncommitted work in a worktree. */
export type WorkInProgress =
  | { readonly kind: 'none' }
  /** A commit of all changes on top of the branch; no ref points to it. */
  | { readonly kind: 'commit'; readonly commit: string }
  /** It is unknown what a commit would contain. */
  | { readonly kind: 'unclear'; readonly reason: string };

const TRIES = 3; // if an agent deletes a file while git reads it, the whole `add` fails

/**
 * The commit that a worktree's uncommitted work would make on its branch now; an agent may be running in it. Writes
 * only new objects: no ref, and nothing in the worktree or its index.
 */
export async function workInProgress(
  repo: Repository,
  path: string,
  { branch, exclude }: { branch: string; exclude: readonly string[] },
): Promise<WorkInProgress> {
  const found = await inspectWorktree(path);
  if (!found.exists || found.head === null || found.changes.length === 0) return { kind: 'none' };
  // Files may contain conflict markers.
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
