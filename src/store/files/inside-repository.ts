import { shellQuote } from '../../core/base/shell-quote.js';
import { errorCode } from '../../core/base/error-code.js';
import { lstat, realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { O8Error } from '../../core/base/errors.js';

/**
 * Whether `path`, which may exist only in part, is inside `root` after following every link: a repository can contain a
 * `.claude` or `logs` that is a symbolic link to another place.
 */
export async function isInside(root: string, path: string): Promise<boolean> {
  const real = await realpathOfExisting(resolve(path));
  if (real === null) return false;
  const way = relative(await realpath(root), real);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Throws O8Error `refused` if `path` leads out of the repository. */
export async function assertInside(root: string, path: string): Promise<void> {
  if (await isInside(root, path)) return;
  throw new O8Error(
    'refused',
    `${path} leads out of the repository through a symbolic link.`,
    `ls -ld ${shellQuote(dirname(path))} ${shellQuote(path)}   (then replace the link with a folder)`,
  );
}

/** The real path of the deepest existing part; null if that is a broken link. */
async function realpathOfExisting(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
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

/** What exists at a path that had no real path before: two processes may be creating the folders at the same time. */
async function lookAt(path: string): Promise<'link' | 'made meanwhile' | 'nothing'> {
  try {
    return (await lstat(path)).isSymbolicLink() ? 'link' : 'made meanwhile';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'nothing';
    throw error;
  }
}
