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
  const gitDir = await gitDirOfWorktree(path);
  if (gitDir === null) {
    return { exists: false, head: null, branch: null, changes: [], nestedRepositories: [], operation: null };
  }
  const [{ commit, branch, entries }, nested] = await Promise.all([readStatus(path), populatedSubmodules(path)]);
  const changes = entries.map((entry) => ({ path: entry.path, untracked: entry.kind === 'untracked' }));
  const unknown = changes.filter((change) => change.untracked && change.path.endsWith('/'));
  return {
    exists: true,
    head: commit,
    branch,
    changes,
    nestedRepositories: [...unknown.map((change) => change.path.slice(0, -1)), ...nested],
    operation: await operationIn(gitDir),
  };
}

/** Git's own folder of a worktree. */
export async function gitDirOf(worktree: string): Promise<string> {
  return (await git(['rev-parse', '--absolute-git-dir'], { cwd: worktree })).replace(/\n$/, '');
}

/** Null where the path is not the top of a worktree: inside another checkout git would find that one. */
async function gitDirOfWorktree(path: string): Promise<string | null> {
  if (!existsSync(join(path, '.git'))) return null;
  const found = await tryGit(['rev-parse', '--show-toplevel', '--absolute-git-dir'], { cwd: path });
  const top = `${await realpath(path)}\n`; // a path may have a newline in it, so it is not cut at one
  return found.code === 0 && found.stdout.startsWith(top) ? found.stdout.slice(top.length).replace(/\n$/, '') : null;
}

/** Paths recorded as another repository's commit that have that repository in them. */
async function populatedSubmodules(worktree: string): Promise<string[]> {
  const records = (await git(['ls-files', '--stage', '-z'], { cwd: worktree })).split('\0');
  return records
    .filter((record) => record.startsWith('160000 '))
    .map((record) => record.slice(record.indexOf('\t') + 1))
    .filter((path) => existsSync(join(worktree, path, '.git')));
}
