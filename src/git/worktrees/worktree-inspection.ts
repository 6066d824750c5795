import { existsSync } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { git, tryGit } from '../door/execute.js';
import { renewDamagedIndex } from './damaged-index.js';
import { operationIn, readWorktreeStatus, type Operation } from '../door/status.js';

/** Paths per command line; the smallest limit of an operating system is 256 KB, a path has up to 4. */
export const MOST_ARGUMENTS = 60;

export interface WorktreeInspection {
  /** Whether this path is the top of a git worktree. A folder without `.git` is not, whatever it contains. */
  readonly exists: boolean;
  readonly head: string | null;
  /** Null if HEAD is detached. */
  readonly branch: string | null;
  /** Uncommitted and not ignored. */
  readonly changes: readonly { path: string; untracked: boolean }[];
  /** Paths whose staged content is neither in HEAD nor in the folder: only the index has it. */
  readonly stagedOnly: readonly string[];
  /** Changed files that git does not compare (assume-unchanged, skip-worktree). */
  readonly unwatched: readonly string[];
  /** Nested repositories: git stores at most a commit id of them, so their content is lost with the folder. */
  readonly nestedRepositories: readonly string[];
  readonly operation: Operation | null;
}

/** Index and ignore information about a worktree's files. */
export interface WorktreeFiles {
  /** In git's format: a folder that is ignored as a whole ends in `/`. */
  readonly ignored: readonly string[];
  readonly tracked: readonly string[];
  readonly gitDir: string;
}

const NONE: WorktreeInspection = {
  exists: false,
  head: null,
  branch: null,
  changes: [],
  stagedOnly: [],
  unwatched: [],
  nestedRepositories: [],
  operation: null,
};

/** The current content of a worktree. */
export async function inspectWorktree(path: string): Promise<WorktreeInspection> {
  return (await inspect(path, 'without')).found;
}

/** The same with ignored and tracked paths; `files` is null if the path is not a worktree. */
export async function inspectWholeWorktree(
  path: string,
): Promise<{ readonly found: WorktreeInspection; readonly files: WorktreeFiles | null }> {
  return inspect(path, 'with');
}

async function inspect(
  path: string,
  withIgnored: 'without' | 'with',
): Promise<{ found: WorktreeInspection; files: WorktreeFiles | null }> {
  const gitDir = await gitDirOfWorktree(path);
  if (gitDir === null) return { found: NONE, files: null };
  const read = async () => Promise.all([readWorktreeStatus(path, withIgnored), readIndex(path)]);
  const [{ commit, branch, entries }, indexed] = await read().catch(async (error: unknown) => {
    if (await renewDamagedIndex(path, gitDir)) return read();
    throw error;
  });
  const changed = entries.filter(({ kind }) => kind !== 'ignored');
  const changes = changed.map((entry) => ({ path: entry.path, untracked: entry.kind === 'untracked' }));
  const unknown = changes.filter((change) => change.untracked && change.path.endsWith('/'));
  const submodules = indexed.filter(({ mode }) => mode === SUBMODULE).map((entry) => entry.path);
  const found = {
    exists: true,
    head: commit,
    branch,
    changes,
    stagedOnly: changed.filter((e) => e.kind === 'tracked' && e.staged && e.unstaged).map((entry) => entry.path),
    unwatched: await changedUnwatched(path, indexed),
    nestedRepositories: [
      ...unknown.map((change) => change.path.slice(0, -1)),
      ...submodules.filter((submodule) => existsSync(join(path, submodule, '.git'))),
    ],
    operation: await operationIn(gitDir),
  };
  const ignored = entries.filter(({ kind }) => kind === 'ignored').map((entry) => entry.path);
  return { found, files: { ignored, tracked: indexed.map((entry) => entry.path), gitDir } };
}

/** Git's own folder for a worktree. */
export async function gitDirOf(worktree: string): Promise<string> {
  return (await git(['rev-parse', '--absolute-git-dir'], { cwd: worktree })).replace(/\n$/, '');
}

/** Null if the path is not the top of a worktree: inside another checkout, git would find that one. */
async function gitDirOfWorktree(path: string): Promise<string | null> {
  if (!existsSync(join(path, '.git'))) return null;
  const found = await tryGit(['rev-parse', '--show-toplevel', '--absolute-git-dir'], { cwd: path });
  const top = `${await realpath(path)}\n`; // not cut at a newline, which a path may contain
  return found.code === 0 && found.stdout.startsWith(top) ? found.stdout.slice(top.length).replace(/\n$/, '') : null;
}

const SUBMODULE = '160000';

interface IndexEntry {
  readonly path: string;
  readonly mode: string;
  readonly id: string;
  /** Assume-unchanged or skip-worktree: git does not compare it with the folder. */
  readonly unwatched: boolean;
}

async function readIndex(worktree: string): Promise<IndexEntry[]> {
  const records = (await git(['ls-files', '-v', '--stage', '-z'], { cwd: worktree })).split('\0');
  return records.flatMap((record) => {
    const [, tag = '', mode = '', id = '', path = ''] = /^(.) (\d+) ([0-9a-f]+) \d\t(.*)$/s.exec(record) ?? [];
    return path === '' ? [] : [{ path, mode, id, unwatched: tag === 'S' || tag !== tag.toUpperCase() }];
  });
}

/** The paths that exist and differ from the index. In a sparse checkout most do not exist. */
async function changedUnwatched(worktree: string, indexed: readonly IndexEntry[]): Promise<string[]> {
  const there: IndexEntry[] = [];
  for (const entry of indexed) {
    if (!entry.unwatched || !entry.mode.startsWith('100')) continue;
    const kind = await lstat(join(worktree, entry.path)).catch(() => null); // usually missing
    if (kind?.isFile() === true) there.push(entry);
  }
  const changed: string[] = [];
  for (let at = 0; at < there.length; at += MOST_ARGUMENTS) {
    const some = there.slice(at, at + MOST_ARGUMENTS);
    const out = await tryGit(['hash-object', '--', ...some.map(({ path }) => path)], { cwd: worktree });
    const ids = out.stdout.split('\n');
    // A file that cannot be read counts as changed, so that saving it reports the reason.
    changed.push(...some.filter(({ id }, index) => ids[index] !== id).map(({ path }) => path));
  }
  return changed;
}
