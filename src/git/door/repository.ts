import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { git, gitFailure, printable, tryGit } from './execute.js';
import { realCommonFolder } from '../settings/pin.js';

export interface GitVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** A repository as seen from one of its checkouts. All paths are absolute and real. */
export interface Repository {
  /** Top of the checkout; the git folder itself if the repository is bare. */
  readonly root: string;
  /** Git folder of this checkout. */
  readonly gitDir: string;
  /** Git folder shared by all checkouts. */
  readonly commonDir: string;
  readonly version: GitVersion;
  readonly bare: boolean;
}

/** The oldest git that has every command o8 uses without a fallback. */
const OLDEST = { major: 2, minor: 25, patch: 0 };

/**
 * Opens the repository that contains `cwd`. O8Error `not_a_repository`, or `git_failed` if git is too old or refuses.
 */
export async function openRepository(cwd: string): Promise<Repository> {
  if (!(await isFolder(cwd))) throw new O8Error('not_a_repository', `${cwd} is not a folder`, 'cd <your repository>');
  const version = await gitVersion(cwd);
  const names = ['--is-bare-repository', '--absolute-git-dir', '--git-common-dir', '--show-toplevel'];
  const result = await tryGit(['rev-parse', ...names], { cwd });
  // In a folder without a checkout, git fails after the first three answers.
  const lines = result.stdout.split('\n').slice(0, -1);
  const isPlain = lines.length <= (result.code === 0 ? names.length : names.length - 1);
  const [bareText, gitDirText, commonDirText, top = ''] = isPlain ? lines : await askOneByOne(cwd, names);
  if (gitDirText === undefined || commonDirText === undefined) {
    if (!hasGitFolder(cwd)) throw notARepository(`${cwd} is not in a git repository`, cwd);
    throw foreignOwner(cwd, result.stderr) ?? gitFailure(['rev-parse'], cwd, result);
  }
  const gitDir = await realpath(gitDirText);
  const commonDir = realCommonFolder(await realpath(resolve(cwd, commonDirText)));
  if (bareText === 'true') return { root: gitDir, gitDir, commonDir, version, bare: true };
  if (result.code !== 0) throw notARepository(`${cwd} is inside a git folder, not in a checkout`, dirname(gitDir));
  const root = await realpath(top);
  return { root, gitDir, commonDir, version, bare: false };
}

/** A path that contains a newline takes more than one line, so each path is asked for separately. */
async function askOneByOne(cwd: string, names: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const name of names) answers.push((await tryGit(['rev-parse', name], { cwd })).stdout.replace(/\n$/, ''));
  return answers;
}

export function isAtLeast(version: GitVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

let known: GitVersion | null = null; // version of the git on the PATH, which does not change while o8 runs

async function gitVersion(cwd: string): Promise<GitVersion> {
  known ??= await askVersion(cwd);
  return known;
}

async function askVersion(cwd: string): Promise<GitVersion> {
  const text = (await git(['version'], { cwd })).trim();
  const found = /^git version (\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (found === null) throw new O8Error('git_failed', `cannot read the version in "${text}"`, 'git --version');
  const version = { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3] ?? 0) };
  if (!isAtLeast(version, OLDEST.major, OLDEST.minor)) {
    const message = `git ${version.major}.${version.minor}.${version.patch} is too old: o8 needs 2.25 or newer`;
    throw new O8Error('git_failed', message, 'install git 2.38 or newer, then: git --version');
  }
  return version;
}

function notARepository(message: string, folder: string): O8Error {
  return new O8Error('not_a_repository', message, `git init ${folder}`);
}

function hasGitFolder(cwd: string): boolean {
  return topWithGitFolder(cwd) !== null;
}

function topWithGitFolder(cwd: string): string | null {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** git refuses to use a repository of another user; the exit code is a general one, so only the text identifies it. */
function foreignOwner(cwd: string, stderr: string): O8Error | null {
  if (!/dubious ownership|unsafe repository|safe\.directory/.test(stderr)) return null;
  const named = /^\s*git config --global --add safe\.directory (\S.*)$/m.exec(stderr)?.[1];
  const word = named === undefined ? shellQuote(topWithGitFolder(cwd) ?? cwd) : printable(named);
  return new O8Error(
    'git_failed',
    `Git refuses to work in ${topWithGitFolder(cwd) ?? cwd}: the repository belongs to another user`,
    `git config --global --add safe.directory ${word}   (or take ownership: sudo chown -R "$(id -un)" ${word})`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // a folder that cannot be read cannot be used
  }
}
