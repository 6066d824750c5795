import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitClient } from './client.js';

/** One entry of `git status`. Modes and ids are zeros if the side has no such file, and empty if git prints none. */
export interface StatusEntry {
  readonly path: string;
  /** `ignored` only if requested; a folder that is ignored as a whole is one entry that ends in `/`. */
  readonly kind: 'tracked' | 'unmerged' | 'untracked' | 'ignored';
  /** The index differs from HEAD. */
  readonly staged: boolean;
  /** The folder differs from the index. */
  readonly unstaged: boolean;
  readonly indexMode: string;
  readonly worktreeMode: string;
  readonly indexId: string;
}

export interface CheckoutStatus {
  /** Null if there is no commit yet. */
  readonly commit: string | null;
  /** Null when HEAD is detached. */
  readonly branch: string | null;
  readonly entries: StatusEntry[];
}

/**
 * Branch, commit and uncommitted files of a checkout, without ignored files. A rename is a deletion and an addition. An
 * untracked folder is listed by its files, but a nested repository is one entry that ends in `/`.
 */
export async function readStatus(checkout: string): Promise<CheckoutStatus> {
  return parseStatus(await gitClient(checkout).read(STATUS));
}

const STATUS = ['status', '--porcelain=v2', '--branch', '-z', '--no-renames', '--untracked-files=all'];

/**
 * The same for an agent's worktree. Does not start git inside its submodules, whose settings can name programs; of a
 * submodule only a changed commit is reported. `ignored`: include ignored files.
 */
export async function readWorktreeStatus(worktree: string, ignored: 'without' | 'with'): Promise<CheckoutStatus> {
  const args = [...STATUS, '--ignore-submodules=dirty', ...(ignored === 'with' ? ['--ignored=matching'] : [])];
  return parseStatus(await gitClient(worktree).read(args));
}

// 1 XY sub mH mI mW hH hI path  |  u XY sub m1 m2 m3 mW h1 h2 h3 path  |  ? path  |  # header
const TRACKED = /^1 (.)(.) \S+ \S+ (\S+) (\S+) \S+ (\S+) (.+)$/s;
const UNMERGED = /^u \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ (.+)$/s;

/** From the output of `git status --porcelain=v2 --branch -z`. */
export function parseStatus(output: string): CheckoutStatus {
  const records = output.split('\0').filter((record) => record !== '');
  const header = (name: string, none: string): string | null => {
    const value = records.find((record) => record.startsWith(`# branch.${name} `))?.slice(`# branch.${name} `.length);
    return value === undefined || value === none ? null : value;
  };
  return {
    commit: header('oid', '(initial)'),
    branch: header('head', '(detached)'),
    entries: records.filter((record) => !record.startsWith('#')).map(parseRecord),
  };
}

function parseRecord(record: string): StatusEntry {
  const tracked = TRACKED.exec(record);
  if (tracked !== null) {
    const [, x = '', y = '', indexMode = '', worktreeMode = '', indexId = '', path = ''] = tracked;
    return { path, kind: 'tracked', staged: x !== '.', unstaged: y !== '.', indexMode, worktreeMode, indexId };
  }
  const bare = { indexMode: '', worktreeMode: '', indexId: '' };
  const unmerged = UNMERGED.exec(record)?.[1];
  if (unmerged !== undefined) return { path: unmerged, kind: 'unmerged', staged: true, unstaged: true, ...bare };
  if (record.startsWith('? ')) {
    return { path: record.slice(2), kind: 'untracked', staged: false, unstaged: true, ...bare };
  }
  if (record.startsWith('! ')) {
    return { path: record.slice(2), kind: 'ignored', staged: false, unstaged: false, ...bare };
  }
  throw new Error(`git status printed an unknown record: ${record.slice(0, 80)}`);
}

export type Operation = 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect';

/** The operation in progress in a checkout, according to the files that git keeps for it (as `git status` does). */
export async function operationIn(gitDir: string): Promise<Operation | null> {
  const has = (name: string): boolean => existsSync(join(gitDir, name));
  if (has('rebase-merge') || has('rebase-apply')) return 'rebase';
  if (has('MERGE_HEAD')) return 'merge';
  if (has('CHERRY_PICK_HEAD')) return 'cherry-pick';
  if (has('REVERT_HEAD')) return 'revert';
  if (has('sequencer/todo')) {
    const todo = await readFile(join(gitDir, 'sequencer/todo'), 'utf8');
    return todo.startsWith('revert') ? 'revert' : 'cherry-pick';
  }
  return has('BISECT_LOG') ? 'bisect' : null;
}
