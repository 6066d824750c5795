import { pointedGitFolder } from '../../core/text/git-pointer.js';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { git, tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** The settings in a commit's `.gitmodules`, in the format of `git config --list -z`; null if git cannot read them. */
export async function readGitmodules(repo: Repository, commit: string): Promise<string | null> {
  const listed = await git(['ls-tree', '-z', '--full-tree', commit, '--', '.gitmodules'], { cwd: repo.root });
  if (listed === '') return '';
  if (!/^100\d+ blob /.test(listed)) return null;
  // git follows no include when it reads a blob.
  const result = await tryGit(['config', '--blob', `${commit}:.gitmodules`, '--list', '-z'], { cwd: repo.root });
  return result.code === 0 ? result.stdout : null;
}

/** The URL that a clone of this repository would most likely use: the branch's remote, else `origin`, else its path. */
export async function ownUrl(repo: Repository, branch: string, fallback: string): Promise<string> {
  const configured = await tryGit(['config', '--get', `branch.${branch}.remote`], { cwd: repo.root });
  for (const remote of [configured.stdout.trim(), 'origin']) {
    if (remote === '' || remote === '.') continue;
    const url = await tryGit(['config', '--get', `remote.${remote}.url`], { cwd: repo.root });
    if (url.code === 0) return absolute(repo, url.stdout.trim());
  }
  return fallback;
}

/** git resolves a relative remote path from the top of the checkout. */
function absolute({ root }: Repository, url: string): string {
  return /^\.\.?(\/|$)/.test(url) ? resolve(root, url) : url;
}

/** The git folder of the repository checked out in `folder`; null if there is none. Does not start git there. */
export async function gitFolderOf(folder: string): Promise<string | null> {
  const path = join(folder, '.git');
  try {
    if ((await stat(path)).isDirectory()) return path;
    const target = pointedGitFolder(await readFile(path, 'utf8'));
    return target === undefined ? null : resolve(folder, target);
  } catch {
    return null; // not checked out
  }
}

/** Remote names and URLs of a git folder, read from its config file only. */
export async function remotesOf(gitFolder: string): Promise<{ name: string; url: string }[]> {
  const args = ['config', '--file', join(gitFolder, 'config'), '-z', '--get-regexp', '^remote\\..*\\.url$'];
  const result = await tryGit(args, { cwd: '/' });
  return result.stdout.split('\0').flatMap((record) => {
    const [, name, url] = /^remote\.([\s\S]+)\.url\n([\s\S]*)$/.exec(record) ?? [];
    return name === undefined || url === undefined ? [] : [{ name, url }];
  });
}
