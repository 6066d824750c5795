import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { git, tryGit } from './execute.js';
import { operationIn, readStatus, type Operation } from './status.js';

export interface WorktreeInspection {
  /** A git worktree whose top is this path. A folder without its `.git` is none, whatever it holds. */
  readonly exists: boolean;
  readonly head: string | null;
  /** Null when HEAD is detached. */
  readonly branch: string | null;
  /** Not committed and not ignored. */
  readonly changes: readonly { path: string; untracked: boolean }[];
  /** Repositories inside: git keeps at most an id of them, so their content is lost with the folder. */
  readonly nestedRepositories: readonly string[];
  readonly operation: Operation | null;
}

/** What is in a worktree right now. */
export async function inspectWorktree(path: string): Promise<WorktreeInspection> {
  if (!(await isWorktree(path))) {
    return { exists: false, head: null, branch: null, changes: [], nestedRepositories: [], operation: null };
  }
  const [commit, symbolic, entries, nested, gitDir] = await Promise.all([
    tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { cwd: path }),
    tryGit(['symbolic-ref', '--quiet', 'HEAD'], { cwd: path }),
    readStatus(path),
    populatedSubmodules(path),
    gitDirOf(path),
  ]);
  const changes = entries.map((entry) => ({ path: entry.path, untracked: entry.kind === 'untracked' }));
  const unknown = changes.filter((change) => change.untracked && change.path.endsWith('/'));
  return {
    exists: true,
    head: commit.code === 0 ? commit.stdout.trim() : null,
    branch: symbolic.code === 0 ? symbolic.stdout.trim().replace(/^refs\/heads\//, '') : null,
    changes,
    nestedRepositories: [...unknown.map((change) => change.path.slice(0, -1)), ...nested],
    operation: await operationIn(gitDir),
  };
}

/** Git's own folder of a worktree. */
export async function gitDirOf(worktree: string): Promise<string> {
  return (await git(['rev-parse', '--absolute-git-dir'], { cwd: worktree })).replace(/\n$/, '');
}

/** Inside another checkout git would find that one, hence the comparison. */
async function isWorktree(path: string): Promise<boolean> {
  if (!existsSync(join(path, '.git'))) return false;
  const top = await tryGit(['rev-parse', '--show-toplevel'], { cwd: path });
  return top.code === 0 && top.stdout.replace(/\n$/, '') === (await realpath(path));
}

/** Paths recorded as another repository's commit that have that repository in them. */
async function populatedSubmodules(worktree: string): Promise<string[]> {
  const records = (await git(['ls-files', '--stage', '-z'], { cwd: worktree })).split('\0');
  return records
    .filter((record) => record.startsWith('160000 '))
    .map((record) => record.slice(record.indexOf('\t') + 1))
    .filter((path) => existsSync(join(worktree, path, '.git')));
}
