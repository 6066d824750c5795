import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

export const LINK_MODE = '120000';
export const GITLINK_MODE = '160000';

/** A symbolic link or submodule in a commit's tree. */
export interface SpecialEntry {
  readonly path: string;
  readonly mode: string;
  readonly id: string;
}

/** Symbolic links and submodules of a commit. */
export async function specialEntries(repo: Repository, commit: string): Promise<SpecialEntry[]> {
  const out = await git(['ls-tree', '-r', '-z', '--full-tree', commit], { cwd: repo.root });
  return out.split('\0').flatMap((record) => {
    const [, mode = '', id = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+)\t([\s\S]*)$/.exec(record) ?? [];
    return mode === LINK_MODE || mode === GITLINK_MODE ? [{ path, mode, id }] : [];
  });
}

/** Every path of a commit that is no folder. */
export async function allPaths(repo: Repository, commit: string): Promise<string[]> {
  const out = await git(['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit], { cwd: repo.root });
  return out.split('\0').filter((path) => path !== '');
}
