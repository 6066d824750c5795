import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

export type ChangeStatus = 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type_changed';

export interface ChangedPath {
  readonly path: string;
  readonly status: ChangeStatus;
  /** The old path of a renamed or copied file. */
  readonly oldPath: string | null;
}

const STATUS: Readonly<Record<string, ChangeStatus>> = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  R: 'renamed',
  C: 'copied',
  T: 'type_changed',
};

/** Paths that differ between two commits, relative to the top of the repository, with renames detected. */
export async function changedPaths(repo: Repository, from: string, to: string): Promise<ChangedPath[]> {
  const args = ['diff-tree', '-r', '-z', '-M', '--name-status', '--ignore-submodules=none', from, to];
  const fields = (await git(args, { cwd: repo.root })).split('\0');
  const changes: ChangedPath[] = [];
  for (let at = 0; at + 1 < fields.length;) {
    const letter = fields[at]?.charAt(0) ?? '';
    const status = STATUS[letter];
    if (status === undefined) throw new Error(`git diff-tree printed an unknown status: ${letter}`);
    const moved = status === 'renamed' || status === 'copied';
    const path = fields[at + (moved ? 2 : 1)];
    if (path === undefined) throw new Error('git diff-tree ended in the middle of a record');
    changes.push({ path, status, oldPath: moved ? (fields[at + 1] ?? null) : null });
    at += moved ? 3 : 2;
  }
  return changes;
}

/** Number of commits on the branch `to` since `from`; a merge counts as one. */
export async function countOwnCommits(repo: Repository, from: string, to: string): Promise<number> {
  return Number(await git(['rev-list', '--count', '--first-parent', `${from}..${to}`, '--'], { cwd: repo.root }));
}

/** Number of commits that are in `to` and not in `from`. */
export async function countCommits(repo: Repository, from: string, to: string): Promise<number> {
  return Number(await git(['rev-list', '--count', `${from}..${to}`, '--'], { cwd: repo.root }));
}
