import { pointedGitFolder } from '../../core/text/git-pointer.js';
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { readLock } from '../../store/lock/lock-state.js';
import { checkoutPaths, runHome, type RunHome } from '../../store/files/paths.js';
import { readPlan } from '../../store/runs/runs.js';

/** How many folders beside the worktrees are searched. With more clones there, a collision is only found at the start. */
const MOST_NEIGHBOURS = 200;

/**
 * Those of these worktree paths that belong to another repository, with its folder: a clone beside this one puts its
 * worktrees in the same folder. Paths of its active run count even before their worktrees exist.
 */
export async function pathsOfSiblings(
  paths: readonly string[],
  { root, commonDir }: { readonly root: string; readonly commonDir: string },
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const path of paths) {
    const owner = await ownerOf(path);
    if (owner !== null && owner !== commonDir) found.set(path, basename(owner) === '.git' ? dirname(owner) : owner);
  }
  const outside = new Set(paths.filter((path) => !path.startsWith(`${root}/`)).map((path) => dirname(dirname(path))));
  for (const folder of outside) {
    for (const clone of await clonesIn(folder)) {
      if (clone === root || join(clone, '.git') === commonDir) continue;
      const planned = await pathsOfLiveRun(clone);
      for (const path of paths) if (planned.has(path) && !found.has(path)) found.set(path, clone);
    }
  }
  return found;
}

/** The common git folder of the worktree at a path; null when there is no worktree. */
async function ownerOf(path: string): Promise<string | null> {
  try {
    const pointer = join(path, '.git');
    if (!(await lstat(pointer)).isFile()) return null;
    const gitDir = pointedGitFolder(await readFile(pointer, 'utf8'));
    if (gitDir === undefined) return null;
    return await realpath(dirname(dirname(resolve(path, gitDir)))); // without worktrees/<name>
  } catch {
    return null; // missing or unreadable
  }
}

async function clonesIn(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).slice(0, MOST_NEIGHBOURS);
    return names.map((name) => join(folder, name)).filter((path) => existsSync(join(path, '.git')));
  } catch {
    return []; // unreadable
  }
}

async function pathsOfLiveRun(clone: string): Promise<ReadonlySet<string>> {
  const homes: RunHome[] = [
    runHome({ commonDir: join(clone, '.git'), root: clone }),
    checkoutPaths(clone).oldHome, // of an active run of an earlier version
  ];
  const paths = new Set<string>();
  for (const home of homes) {
    if (!existsSync(home.folder)) continue;
    try {
      const lock = await readLock(home, processProbe);
      if (lock.kind !== 'held') continue;
      for (const { worktree } of (await readPlan(home, lock.holder.runId)).tasks) paths.add(worktree);
    } catch (error) {
      if (!(error instanceof O8Error)) throw error; // damaged files of another clone are not reported here
    }
  }
  return paths;
}
