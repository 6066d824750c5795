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
  /** Everything in it is elsewhere. `worktree`: of this very repository, to be unregistered. */
  | { readonly kind: 'nothing'; readonly worktree: boolean }
  /** `why` goes on a sentence that begins with its path. */
  | { readonly kind: 'work'; readonly why: string };

const STATUS = [
  ...['status', '--porcelain=v2', '--branch', '-z', '--no-renames', '--untracked-files=all'],
  ...['--ignored=matching', '--ignore-submodules=all'],
];

/**
 * What of a repository inside a worktree would be lost with it. `going`: the folders that go, real paths. Its own settings
 * are not used, since an agent wrote them and they can name programs. What cannot be told counts as work.
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
    // Tools leave such files in what they unpack.
    if (nested.inBuildOutput) return { kind: 'nothing', worktree: false };
    return { kind: 'work', why: 'has a .git that leads to no repository' };
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
 * The same for submodules whose git folder lies in the worktree's own one (`gitDir`) and goes with it, while they are not
 * checked out: what was committed in one is there still when it was taken out again.
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

/** Git folders of submodules: a name may have slashes in it, and a submodule submodules of its own. */
export async function gitFoldersBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // mostly there is none
  const names = entries.map(({ name }) => name);
  if (names.includes('HEAD') && names.includes('objects')) {
    return [await realpath(folder), ...(await gitFoldersBelow(join(folder, 'modules')))];
  }
  const below = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }) => gitFoldersBelow(join(folder, name)));
  return (await Promise.all(below)).flat();
}

/** Null where `.git` leads to nothing that is a git folder. */
async function gitFolderOf(folder: string): Promise<string | null> {
  const pointer = join(folder, '.git');
  try {
    const gitDir = (await stat(pointer)).isDirectory() ? pointer : await pointedTo(folder, pointer);
    if (gitDir === null || !existsSync(join(gitDir, 'HEAD'))) return null;
    return await realpath(gitDir);
  } catch {
    return null; // not there, or a link to nothing
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

/** A worktree of the same repository: its commits on branches stay, only what is on none and not committed goes. */
async function workInWorktree(repo: Repository, folder: string, gitDir: string, since: number): Promise<NestedWork> {
  if (existsSync(join(gitDir, 'locked')))
    return { kind: 'work', why: 'is a worktree of this repository that is locked' };
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
  return { kind: 'work', why: `is a repository of its own with ${what}` };
}

/** Asks git about a repository and gives its output; rejects when it fails. `worktree`: null for none. */
type Ask = (args: readonly string[], worktree: string | null) => Promise<string>;

/** With a common folder that has its objects and refs, and no setting of it but what git cannot do without. */
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

/** In build output a clone counts as changed only where something was committed in it: tools fetch single commits and tags. */
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

/** What is not committed, and which ignored files came after the worktree was prepared. */
async function uncommittedOf(folder: string, { entries }: CheckoutStatus, since: number): Promise<string[]> {
  // A path that ends so is a repository further down, which is looked at by itself.
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
