import { lstat, realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { systemCode } from './system-error.js';

/**
 * A repository can bring a `.claude` or `logs` that is a symbolic link to somewhere else: whether `path`, of which
 * only the beginning may exist yet, really lies inside `root` once every link is followed.
 */
export async function isInside(root: string, path: string): Promise<boolean> {
  const real = await realpathOfExisting(resolve(path));
  if (real === null) return false;
  const way = relative(await realpath(root), real);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Throws O8Error `refused` when `path` leads out of the repository. */
export async function assertInside(root: string, path: string): Promise<void> {
  if (await isInside(root, path)) return;
  throw new O8Error(
    'refused',
    `${path} leads out of the repository through a symbolic link.`,
    `Look where it goes with: ls -ld '${dirname(path)}' '${path}' and replace the link by a folder.`,
  );
}

/** The real path of the deepest part that exists; null when that is a link to nothing. */
async function realpathOfExisting(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const entry = await lookAt(path);
  switch (entry) {
    case 'link':
      return null;
    case 'made meanwhile':
      return realpathOfExisting(path);
    case 'nothing':
      return dirname(path) === path ? path : realpathOfExisting(dirname(path));
  }
}

/** What has the name of a path that had no real path a moment ago: two processes may be making the folders at once. */
async function lookAt(path: string): Promise<'link' | 'made meanwhile' | 'nothing'> {
  try {
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'made meanwhile';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'nothing';
    throw error;
  }
}
