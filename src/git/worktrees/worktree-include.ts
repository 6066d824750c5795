import { constants, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import { git, gitFailure, tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

const LIST = '.worktreeinclude';

/**
 * Copies to a fresh worktree the files that `.worktreeinclude` (gitignore syntax) asks for, as Claude Code does: only
 * files that git ignores, so that nothing tracked is doubled. Existing files stay. A link that leads out of the
 * repository, and anything that would be written through a link, is left out. Returns the copied paths, sorted.
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

/** Untracked files that match the list (git's own matcher) and that the ordinary rules ignore. */
async function wantedFiles(repo: Repository): Promise<string[]> {
  const listing = ['ls-files', '--others', '--ignored', `--exclude-from=${LIST}`, '-z'];
  const matching = await git(listing, { cwd: repo.root });
  if (matching === '') return [];
  const args = ['check-ignore', '-z', '--stdin'];
  const ignored = await tryGit(args, { cwd: repo.root, input: matching });
  if (ignored.code > 1) throw gitFailure(args, repo.root, ignored); // 1: none of them
  return ignored.stdout.split('\0').filter((path) => path !== '' && !path.endsWith('/')); // `/`: a repository inside
}

async function copyInto(root: string, worktree: string, path: string): Promise<boolean> {
  const source = join(root, path);
  const target = join(worktree, path);
  if (!isInside(root, source) || !isInside(worktree, target)) return false;
  const kind = await lstat(source);
  if (!kind.isFile() && !kind.isSymbolicLink()) return false;
  if (!(await makeFolders(worktree, dirname(path)))) return false;
  if (await isThere(target)) return false;
  if (kind.isFile()) {
    failpoint('include.copy.before');
    // Keeps the mode; a clone of the blocks where the file system can.
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    failpoint('include.copy.after');
    return true;
  }
  const link = await readlink(source);
  // Where it says it leads and where it leads in the end: a link may go through another one.
  if (isAbsolute(link) || !isInside(root, resolve(dirname(source), link)) || !existsSync(source)) return false;
  if (!isInside(root, await realpath(source))) return false;
  failpoint('include.copy.before');
  await symlink(link, target);
  failpoint('include.copy.after');
  return true;
}

/** Makes the folders one by one; false where one of them is a link or a file, which the branch may have put there. */
async function makeFolders(worktree: string, folder: string): Promise<boolean> {
  let current = worktree;
  for (const name of folder === '.' ? [] : folder.split('/')) {
    current = join(current, name);
    if (!(await isThere(current))) await mkdir(current);
    else if (!(await lstat(current)).isDirectory()) return false;
  }
  return true;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Also true for a link to nowhere. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
