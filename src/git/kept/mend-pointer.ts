import { existsSync } from 'node:fs';
import { lstat, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOfFolder } from '../worktrees/own-worktree.js';
import type { Repository } from '../door/repository.js';
import { administrativeFolder, recordedPath } from '../worktrees/worktree-list.js';

/**
 * If somebody deletes `.git` in a worktree of this run, git no longer recognizes the folder: writes the file again.
 * False if nothing had to be repaired.
 */
export async function mendPointer(repo: Repository, path: string, runId: string): Promise<boolean> {
  const pointer = join(path, '.git');
  if (!existsSync(path) || (await isThere(pointer)) || (await readdir(path)).length === 0) return false;
  const folder = await administrativeFolder(repo, await recordedPath(path));
  if (folder === null || !existsSync(join(folder, 'index'))) return false;
  if ((await runOfFolder(folder)) !== runId) return false;
  await writeFile(pointer, `gitdir: ${folder}\n`, { flag: 'wx' });
  return true;
}

/** True also for a broken link. */
async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null; // usually exists
}
