import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gitClient } from '../door/client.js';
import { git, tryGit } from '../door/execute.js';
import { resolveCommit } from '../refs/refs.js';
import { lostTip } from '../refs/lost-tip.js';
import type { GitVersion, Repository } from '../door/repository.js';
import { operationIn, readStatus, type Operation, type StatusEntry } from '../door/status.js';
import { listWorktrees, type WorktreeEntry } from '../worktrees/worktree-list.js';

export type Head =
  | { readonly kind: 'branch'; readonly branch: string; readonly commit: string }
  | { readonly kind: 'detached'; readonly commit: string }
  | {
      readonly kind: 'unborn';
      readonly branch: string;
      /** The last known commit of a deleted branch. */ readonly last?: string;
    };

/** The facts that preflight needs, read once and without writing. */
export interface RepositoryFacts {
  readonly version: GitVersion;
  readonly root: string;
  readonly bare: boolean;
  readonly shallow: boolean;
  readonly sparse: boolean;
  readonly head: Head;
  /** Uncommitted and not ignored, relative to the top of the checkout. */
  readonly changes: readonly { path: string; staged: boolean; untracked: boolean }[];
  readonly operation: Operation | null;
  /** Paths of submodules in HEAD. */
  readonly submodules: readonly string[];
  /** Whether HEAD contains Git LFS files. */
  readonly lfs: boolean;
  /** Number of Git LFS files, and whether an LFS filter is configured. */
  readonly lfsFiles: number;
  readonly lfsFilter: boolean;
  /** Local branches as short names: `feature/a`, not `refs/heads/feature/a`. */
  readonly branches: readonly string[];
  readonly worktrees: readonly WorktreeEntry[];
  /** Whether names that differ only in case are the same file: from the file system or core.ignorecase. */
  readonly foldsCase: boolean;
  /** Files of HEAD, relative to the top of the checkout. */
  readonly tracked: readonly string[];
  readonly trackedFiles: number;
  readonly trackedBytes: number;
}

export async function readRepositoryFacts(repo: Repository): Promise<RepositoryFacts> {
  const { head, entries } = await readCheckout(repo);
  const born = head.kind !== 'unborn';
  const [shallow, sparse, ignoresCase, operation, branches, worktrees, tree, lfs] = await Promise.all([
    tryGit(['rev-parse', '--is-shallow-repository'], { cwd: repo.root }),
    tryGit(['config', '--bool', 'core.sparseCheckout'], { cwd: repo.root }),
    tryGit(['config', '--bool', 'core.ignoreCase'], { cwd: repo.root }),
    operationIn(repo.gitDir),
    listBranches(repo),
    listWorktrees(repo),
    born ? readTree(repo, 'HEAD') : [],
    born && usesLfs(repo),
  ]);
  const files = tree.filter((entry) => entry.bytes !== null);
  return {
    version: repo.version,
    root: repo.root,
    bare: repo.bare,
    shallow: shallow.stdout.trim() === 'true',
    sparse: sparse.stdout.trim() === 'true',
    head,
    changes: entries.map(({ path, staged, kind }) => ({ path, staged, untracked: kind === 'untracked' })),
    operation,
    submodules: tree.filter((entry) => entry.bytes === null).map((entry) => entry.path),
    lfs,
    ...(lfs ? await readLfs(repo) : { lfsFiles: 0, lfsFilter: false }),
    branches,
    worktrees,
    foldsCase: ignoresCase.stdout.trim() === 'true' || existsSync(join(repo.commonDir, 'head')), // git writes HEAD
    tracked: files.map(({ path }) => path),
    trackedFiles: files.length,
    trackedBytes: files.reduce((sum, entry) => sum + (entry.bytes ?? 0), 0),
  };
}

/** The remote that a branch is pushed to and pulled from; null if the repository has no remote. */
export async function remoteOfBranch(repo: Repository, branch: string): Promise<string | null> {
  const { stdout } = await tryGit(['config', '-z', '--get-regexp', '^(remote|branch)[.]'], { cwd: repo.root });
  const settings = stdout.split('\0').map((entry) => entry.split('\n'));
  const remotes = settings.flatMap(([key = '']) => /^remote[.](.+)[.]url$/.exec(key)?.[1] ?? []);
  const own = settings.findLast(([key]) => key === `branch.${branch}.remote`)?.[1];
  if (own !== undefined && remotes.includes(own)) return own;
  return remotes.includes('origin') ? 'origin' : (remotes[0] ?? null);
}

/** Content of a file as text; null if the commit does not contain it. */
export async function readFileAt(repo: Repository, commit: string, path: string): Promise<string | null> {
  const listed = await git(['ls-tree', '-z', '--full-tree', commit, '--', path], { cwd: repo.root });
  const blob = /^\d+ blob ([0-9a-f]+)\t/.exec(listed)?.[1];
  return blob === undefined ? null : git(['cat-file', 'blob', blob], { cwd: repo.root });
}

async function readCheckout(repo: Repository): Promise<{ head: Head; entries: readonly StatusEntry[] }> {
  if (repo.bare) return { head: await readBareHead(repo), entries: [] };
  const { commit, branch, entries } = await readStatus(repo.root);
  return { head: await headOf(repo, commit, branch), entries };
}

async function readBareHead(repo: Repository): Promise<Head> {
  const symbolic = await tryGit(['symbolic-ref', '--quiet', 'HEAD'], { cwd: repo.root });
  const commit = await resolveCommit(repo, 'HEAD');
  return headOf(repo, commit, symbolic.code === 0 ? symbolic.stdout.trim().replace(/^refs\/heads\//, '') : null);
}

async function headOf(repo: Repository, commit: string | null, branch: string | null): Promise<Head> {
  if (commit === null) {
    const last = branch === null ? null : await lostTip(repo, branch);
    return { kind: 'unborn', branch: branch ?? 'HEAD', ...(last === null ? {} : { last }) };
  }
  return branch === null ? { kind: 'detached', commit } : { kind: 'branch', branch, commit };
}

async function listBranches(repo: Repository): Promise<string[]> {
  // %(refname:short) would print `heads/x` if a tag x exists too
  const out = await gitClient(repo.root).read(['for-each-ref', '--format=%(refname)', 'refs/heads/']);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice('refs/heads/'.length));
}

/** `bytes` is null for a submodule, which is only a commit id. */
async function readTree(repo: Repository, commit: string): Promise<{ path: string; bytes: number | null }[]> {
  const out = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], { cwd: repo.root });
  return out
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const tab = record.indexOf('\t');
      const [, type, , bytes] = record.slice(0, tab).split(/ +/);
      return { path: record.slice(tab + 1), bytes: type === 'commit' ? null : Number(bytes) };
    });
}

async function readLfs(repo: Repository): Promise<Pick<RepositoryFacts, 'lfsFiles' | 'lfsFilter'>> {
  const [files, filter] = await Promise.all([
    tryGit(['ls-files', '-z', '--', ':(top,attr:filter=lfs)'], { cwd: repo.root }),
    tryGit(['config', '--get-regexp', '^filter\\.lfs\\.(process|smudge)$'], { cwd: repo.root }),
  ]);
  return { lfsFiles: files.stdout.split('\0').length - 1, lfsFilter: filter.code === 0 };
}

async function usesLfs(repo: Repository): Promise<boolean> {
  const args = ['grep', '--quiet', '--fixed-strings', '-e', 'filter=lfs', 'HEAD', '--', ':(top,glob)**/.gitattributes'];
  return (await tryGit(args, { cwd: repo.root })).code === 0;
}
