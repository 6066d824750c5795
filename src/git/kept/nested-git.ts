import { pointedGitFolder } from '../../core/text/git-pointer.js';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';
import { counted } from '../../core/text/counted.js';
import { tryGit, type GitOptions } from '../door/execute.js';
import type { Repository } from '../door/repository.js';
import { leastConfig, provideCommonFolder } from '../settings/common-folder.js';
import { operationIn, parseStatus, readWorktreeStatus, type CheckoutStatus } from '../door/status.js';
import { isOnNoRef, looseCommits } from './loose-commits.js';
import { walkWorktree, type NestedGit } from './walk-worktree.js';

export type NestedWork =
  /** Nothing would be lost. `worktree`: it is a worktree of this repository and must be unregistered. */
  | { readonly kind: 'nothing'; readonly worktree: boolean }
  /** `why` continues a sentence that begins with the path. */
  | { readonly kind: 'work'; readonly why: string };

const STATUS = [
  ...['status', '--porcelain=v2', '--branch', '-z', '--no-renames', '--untracked-files=all'],
  ...['--ignored=matching', '--ignore-submodules=all'],
];

/**
 * What would be lost with a repository inside a worktree. `going`: the folders to be removed, as real paths. Its own
 * settings are not used, because an agent wrote them and they can start programs. If in doubt, it counts as work.
 */
export async function nestedWork(
  repo: Repository,
  top: string,
  nested: NestedGit,
  { going, since }: { readonly going: readonly string[]; readonly since: number },
): Promise<NestedWork> {
  const folder = join(top, nested.path);
  const gitDir = nested.kind === 'bare' ? await realpath(folder) : await gitFolderOf(folder);
  if (gitDir === null) {
    // Some tools leave such files in packages they unpack.
    if (nested.inBuildOutput) return { kind: 'nothing', worktree: false };
    return { kind: 'work', why: 'has a .git that points to no repository' };
  }
  try {
    const common = await commonFolderOf(gitDir);
    if (common === repo.commonDir) return await workInWorktree(repo, folder, gitDir, since);
    return await workInRepository(nested, { folder, gitDir, common, going, since });
  } catch (error) {
    return { kind: 'work', why: `cannot be read (${error instanceof Error ? error.message : String(error)})` };
  }
}

/**
 * The same for submodules that are not checked out, whose git folder is inside the worktree's own (`gitDir`): it still
 * has the commits made in a submodule that was removed.
 */
export async function submoduleWork(
  gitDir: string,
  top: string,
  nested: readonly NestedGit[],
): Promise<{ readonly path: string; readonly why: string }[]> {
  const folders = await gitFoldersBelow(join(gitDir, 'modules'));
  if (folders.length === 0) return [];
  const checkedOut = await Promise.all(nested.map(async ({ path }) => gitFolderOf(join(top, path))));
  const found: { path: string; why: string }[] = [];
  for (const folder of folders.filter((path) => !checkedOut.includes(path))) {
    const why = await withoutItsSettings(folder, folder, async (ask) => commitsOf(ask, folder, 'source'));
    if (why !== null) found.push({ path: folder, why: `is the git folder of a submodule with ${why}` });
  }
  return found;
}

/** Git folders of submodules: names may contain slashes, and submodules may be nested. */
export async function gitFoldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // usually none
  const names = entries.map(({ name }) => name);
  if (names.includes('HEAD') && names.includes('objects')) {
    return [await realpath(folder), ...(await gitFoldersBelow(join(folder, 'modules')))];
  }
  const below = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }) => gitFoldersBelow(join(folder, name)));
  return (await Promise.all(below)).flat();
}

/** Null if `.git` does not point to a git folder. */
async function gitFolderOf(folder: string): Promise<string | null> {
  const pointer = join(folder, '.git');
  try {
    const gitDir = (await stat(pointer)).isDirectory() ? pointer : await pointedTo(folder, pointer);
    if (gitDir === null || !existsSync(join(gitDir, 'HEAD'))) return null;
    return await realpath(gitDir);
  } catch {
    return null; // missing, or a broken link
  }
}

async function pointedTo(folder: string, pointer: string): Promise<string | null> {
  const path = pointedGitFolder(await readFile(pointer, 'utf8'));
  return path === undefined ? null : resolve(folder, path);
}

async function commonFolderOf(gitDir: string): Promise<string> {
  const file = join(gitDir, 'commondir');
  return existsSync(file) ? realpath(resolve(gitDir, (await readFile(file, 'utf8')).trim())) : gitDir;
}

/**
 * A worktree of the same repository: commits on branches are safe; only detached commits and uncommitted files would be
 * lost.
 */
async function workInWorktree(repo: Repository, folder: string, gitDir: string, since: number): Promise<NestedWork> {
  if (existsSync(join(gitDir, 'locked'))) return { kind: 'work', why: 'is a locked worktree of this repository' };
  const status = await readWorktreeStatus(folder, 'with');
  const operation = await operationIn(gitDir);
  const loose = await looseCommits(repo, gitDir);
  const isLoose = status.branch === null && status.commit !== null && (await isOnNoRef(repo, status.commit));
  const what = [
    ...(await uncommittedOf(folder, status, since)),
    ...(operation === null ? [] : [`a ${operation} in progress`]),
    ...(isLoose || loose.length > 0 ? ['commits that are on no branch'] : []),
  ];
  if (what.length === 0) return { kind: 'nothing', worktree: true };
  return { kind: 'work', why: `is a worktree of this repository with ${what.join(', ')}` };
}

interface NestedRepository {
  readonly folder: string;
  readonly gitDir: string;
  readonly common: string;
  readonly going: readonly string[];
  readonly since: number;
}

async function workInRepository(nested: NestedGit, repository: NestedRepository): Promise<NestedWork> {
  const { folder, gitDir, common, going, since } = repository;
  const what = await withoutItsSettings(gitDir, common, async (ask) => {
    const goes = going.some((path) => isInside(path, common));
    const commits = goes ? await commitsOf(ask, common, nested.inBuildOutput ? 'build output' : 'source') : null;
    if (nested.kind === 'bare') return commits;
    const status = await ask(STATUS, folder);
    const uncommitted = await uncommittedOf(folder, parseStatus(status), since);
    const all = [...(commits === null ? [] : [commits]), ...uncommitted];
    return all.length === 0 ? null : all.join(', ');
  });
  if (what === null) return { kind: 'nothing', worktree: false };
  return { kind: 'work', why: `is a nested repository with ${what}` };
}

/** Runs git in a repository and returns its output; rejects on failure. `worktree`: null for none. */
type Ask = (args: readonly string[], worktree: string | null) => Promise<string>;

/** Uses a common folder with the repository's objects and refs, but only the settings that git needs. */
async function withoutItsSettings<T>(gitDir: string, common: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const temporary = await mkdtemp(join(tmpdir(), 'o8-nested-'));
  try {
    const config = existsSync(join(common, 'config')) ? await readFile(join(common, 'config'), 'utf8') : '';
    const exclude = join(common, 'info', 'exclude');
    provideCommonFolder(temporary, common, {
      config: leastConfig(config),
      ...(existsSync(exclude) ? { 'info/exclude': await readFile(exclude, 'utf8') } : {}),
    });
    return await work(async (args, worktree) => {
      const env = {
        GIT_DIR: gitDir,
        GIT_COMMON_DIR: temporary,
        ...(worktree === null ? {} : { GIT_WORK_TREE: worktree }),
      };
      const options: GitOptions = { cwd: worktree ?? gitDir, env };
      const result = await tryGit(worktree === null ? ['--bare', ...args] : args, options);
      if (result.code !== 0) throw new Error(result.stderr.trim());
      return result.stdout;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * In build output, a clone counts as changed only if something was committed in it, because tools fetch single commits
 * and tags.
 */
async function commitsOf(ask: Ask, common: string, area: 'source' | 'build output'): Promise<string | null> {
  const own = (await ask(['rev-list', '--max-count=1', '--all', '--not', '--remotes'], null)).trim();
  if (own === '') return null;
  if (existsSync(join(common, 'refs', 'stash'))) return 'stash entries';
  if (area === 'build output' && (await isUntouchedClone(common))) return null;
  return 'commits that are on no remote';
}

async function isUntouchedClone(common: string): Promise<boolean> {
  const config = await readFile(join(common, 'config'), 'utf8').catch(() => '');
  if (!/^\s*\[remote "/m.test(config)) return false;
  const log = await readFile(join(common, 'logs', 'HEAD'), 'utf8').catch(() => ''); // bare clones have none
  return !/\t(?:commit|cherry-pick|revert|rebase|am|merge|pull)\b/.test(log);
}

/** Uncommitted changes, and ignored files that were created after the worktree was prepared. */
async function uncommittedOf(folder: string, { entries }: CheckoutStatus, since: number): Promise<string[]> {
  // A path that ends in a slash is a nested repository, which is inspected separately.
  const changes = entries.filter(
    ({ kind, path }) => kind !== 'ignored' && !path.endsWith('/') && path !== COMPLETION_MARKER,
  );
  const ignored = entries.filter(({ kind }) => kind === 'ignored').map(({ path }) => path);
  const walked = ignored.length === 0 ? null : await walkWorktree(folder, { ignored, tracked: [] }, { since });
  const late = walked?.ignored.length ?? 0;
  return [
    ...(changes.length === 0 ? [] : [`uncommitted work in ${counted(changes.length, 'file')}`]),
    ...(late === 0 ? [] : [counted(late, 'ignored file')]),
  ];
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !way.startsWith('/'));
}
