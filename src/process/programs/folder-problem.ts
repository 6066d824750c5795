import { constants } from 'node:fs';
import { access, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PlaceProblem } from '../../core/preflight/places.js';
import { errorCode } from '../../core/base/error-code.js';

/**
 * Why this user cannot create something at an absolute path; null if they can. Asks the kernel, which knows owners,
 * access lists and read-only mounts. For a missing path, the nearest existing parent folder is checked.
 */
export async function placeProblem(path: string): Promise<PlaceProblem | null> {
  try {
    if (!(await stat(path)).isDirectory()) return { kind: 'not_a_folder', at: path };
    await access(path, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOTDIR' || (code === 'ENOENT' && dirname(path) !== path)) {
      return (await isLink(path)) ? { kind: 'link_to_nothing', at: path } : placeProblem(dirname(path));
    }
    if (code === 'EROFS') return { kind: 'read_only', at: path };
    if (code === 'ELOOP') return { kind: 'link_to_nothing', at: path };
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'denied', at: path, foreign: await isForeign(path) };
    throw error;
  }
}

/** The first of several paths that has a problem. */
export async function firstPlaceProblem(paths: readonly string[]): Promise<PlaceProblem | null> {
  for (const path of paths) {
    const problem = await placeProblem(path);
    if (problem !== null) return problem;
  }
  return null;
}

/** The existing folders of a git folder in which git creates files: after a `sudo git`, some may belong to root. */
export async function gitFolders(commonDir: string): Promise<string[]> {
  const objects = join(commonDir, 'objects');
  const names = [
    '',
    'objects',
    'objects/pack',
    'refs',
    'refs/heads',
    'refs/heads/feature',
    'logs',
    'worktrees',
    'info',
    'o8',
    'o8/runs',
    'o8/lock',
  ];
  const places = [...names.map((name) => join(commonDir, name)), ...(await fanOut(objects))];
  const there = await Promise.all(places.map(isFolder));
  return places.filter((_, index) => there[index] === true);
}

async function fanOut(objects: string): Promise<string[]> {
  try {
    return (await readdir(objects)).filter((name) => /^[0-9a-f]{2}$/.test(name)).map((name) => join(objects, name));
  } catch {
    return []; // an unreadable folder is reported by the check for write access
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Whether it belongs to another user, if it can be inspected. */
async function isForeign(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).uid !== process.geteuid?.();
  } catch {
    return true;
  }
}
