import { nullIfMissing } from '../../core/base/error-code.js';
import { constants, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import { git, gitFailure, tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

const LIST = '.worktreeinclude';

/**
 * Copies the files listed in `.worktreeinclude` (gitignore syntax) to a new worktree, as Claude Code does: only ignored
 * files, so that no tracked file is duplicated. Existing files are kept. Skips links that lead out of the repository,
 * and files whose path leads through a link. Returns the copied paths, sorted.
 */
export async function copyWorktreeIncludes(repo: Repository, worktree: string): Promise<string[]> {
  const list = join(repo.root, LIST);
  if (!existsSync(list) || !(await lstat(list)).isFile()) return [];
  const copied: string[] = [];
  const target = await realpath(worktree);
  for (const path of await wantedFiles(repo)) {
    if (await copyInto(repo.root, target, path)) copied.push(path);
  }
  return copied.sort((a, b) => (a < b ? -1 : 1));
}

/** Untracked files that match the list and are ignored by git. */
async function wantedFiles(repo: Repository): Promise<string[]> {
  const listing = ['ls-files', '--others', '--ignored', `--exclude-from=${LIST}`, '-z'];
  const matching = await git(listing, { cwd: repo.root });
  if (matching === '') return [];
  const args = ['check-ignore', '-z', '--stdin'];
  const ignored = await tryGit(args, { cwd: repo.root, input: matching });
  if (ignored.code > 1) throw gitFailure(args, repo.root, ignored); // 1: no match
  return ignored.stdout.split('\0').filter((path) => path !== '' && !path.endsWith('/')); // `/`: a nested repository
}

async function copyInto(root: string, worktree: string, path: string): Promise<boolean> {
  const source = join(root, path);
  const target = join(worktree, path);
  if (!isInside(root, source) || !isInside(worktree, target)) return false;
  const kind = await lstat(source);
  if (!kind.isFile() && !kind.isSymbolicLink()) return false;
  if (!(await makeFolders(worktree, dirname(path)))) return false;
  if ((await lstat(target).catch(nullIfMissing)) !== null) return false;
  if (kind.isFile()) {
    failpoint('include.copy.before');
    // Keeps the mode, and clones the blocks if the file system supports it.
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    failpoint('include.copy.after');
    return true;
  }
  const link = await readlink(source);
  // Both the link's direct target and its final target, as a link may lead through another one.
  if (isAbsolute(link) || !isInside(root, resolve(dirname(source), link)) || !existsSync(source)) return false;
  if (!isInside(root, await realpath(source))) return false;
  failpoint('include.copy.before');
  await symlink(link, target);
  failpoint('include.copy.after');
  return true;
}

/** Creates the folders one by one; false if one of them is a link or a file, which the branch may contain. */
async function makeFolders(worktree: string, folder: string): Promise<boolean> {
  let current = worktree;
  for (const name of folder === '.' ? [] : folder.split('/')) {
    current = join(current, name);
    if ((await lstat(current).catch(nullIfMissing)) === null) await mkdir(current);
    else if (!(await lstat(current)).isDirectory()) return false;
  }
  return true;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
