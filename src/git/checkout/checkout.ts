import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import { findBlockingPaths } from './blocking-paths.js';
import { gitThatSurvives, printable, tryGit } from '../door/execute.js';
import { lockOfBranch, lockPaths } from '../door/index-lock.js';
import { forgetForward, recordForward, rollBackInterrupted, takeBackForward } from './interrupted-forward.js';
import { advanceRef, isAncestor, resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { operationIn } from '../door/status.js';
import { gitDirOf } from '../worktrees/worktree-inspection.js';
import { listWorktrees } from '../worktrees/worktree-list.js';
import { counted } from '../../core/text/counted.js';

/** `paths`: the user's files that prevent the move, relative to the top of the checkout. Nothing has been changed. */
export type FastForward =
  | { readonly kind: 'advanced' }
  /** `lock`: an existing git lock file. Its git may still be running, or was killed. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly paths: string[]; readonly lock?: string };

/**
 * The checkout that has this branch, also during a rebase or bisect of it (HEAD is then detached). Null if no checkout
 * has it.
 */
export async function findCheckout(repo: Repository, branch: string): Promise<string | null> {
  for (const entry of await listWorktrees(repo)) {
    if (entry.branch === branch) return entry.path;
    if (entry.branch === null && entry.head !== null && existsSync(join(entry.path, '.git'))) {
      if (await isWorkingOn(await gitDirOf(entry.path), branch)) return entry.path;
    }
  }
  return null;
}

/**
 * Fast-forwards a branch from `from` to `to`; o8 changes a user's checkout in no other way. If the branch is checked
 * out, git updates the checkout, and only if no file it must write has uncommitted changes. Otherwise only the ref
 * moves. `advanced` also when the branch already contains `to`. `blocked`: nothing was changed.
 */
export async function fastForward(
  repo: Repository,
  { branch, from, to }: { branch: string; from: string; to: string },
): Promise<FastForward> {
  const ref = `refs/heads/${branch}`;
  const tip = await resolveCommit(repo, ref);
  if (tip === null) return blocked(`branch ${branch} does not exist`);
  if (tip === to) return { kind: 'advanced' };
  if (tip !== from && (await isAncestor(repo, to, tip))) return { kind: 'advanced' };
  if (tip !== from) return blocked(`branch ${branch} has moved from ${short(from)} to ${short(tip)}`);
  if (!(await isAncestor(repo, from, to))) return blocked(`${short(to)} does not contain ${branch} at ${short(from)}`);
  const checkout = await findCheckout(repo, branch);
  if (checkout !== null) return forwardCheckout(repo, checkout, { branch, from, to });
  const lock = lockOfBranch(repo, branch);
  if (existsSync(lock))
    return { ...blocked(`another git process is updating ${branch}, or was killed while doing so (${lock})`), lock };
  if (await advanceRef(repo, ref, { to, from })) return { kind: 'advanced' };
  return blocked(`branch ${branch} has moved from ${short(from)}`);
}

/**
 * Removes the record beside the index that remains when o8 was killed after a forward, before its result was recorded.
 */
export async function forgetForwarded(repo: Repository, branch: string): Promise<void> {
  const checkout = await findCheckout(repo, branch);
  if (checkout !== null && existsSync(join(checkout, '.git'))) forgetForward(await gitDirOf(checkout));
}

async function forwardCheckout(
  repo: Repository,
  checkout: string,
  { branch, from, to }: { branch: string; from: string; to: string },
): Promise<FastForward> {
  if (!existsSync(join(checkout, '.git'))) return blocked(`the checkout ${checkout} of ${branch} is gone`);
  const gitDir = await gitDirOf(checkout);
  const operation = await operationIn(gitDir);
  if (operation !== null) return blocked(`a ${operation} is in progress in ${checkout}`);
  const recovery = await rollBackInterrupted(checkout, gitDir);
  if (recovery.kind === 'foreign') return inTheWay(checkout, recovery.paths);
  if (recovery.kind === 'only_ref_left' && recovery.to === to) {
    if (!(await advanceRef(repo, `refs/heads/${branch}`, { to, from }))) return blocked(`branch ${branch} has moved`);
    forgetForward(gitDir);
    return { kind: 'advanced' };
  }
  // git locks the branch last, after it has updated the index and the files.
  const lock = lockPaths(repo, gitDir, branch).find((path) => existsSync(path));
  if (lock !== undefined)
    return { ...blocked(`another git process is running in ${checkout}, or was killed there (${lock})`), lock };
  const symbolic = await tryGit(['symbolic-ref', '--quiet', 'HEAD'], { cwd: checkout });
  if (symbolic.stdout.trim() !== `refs/heads/${branch}`) return blocked(`${checkout} is no longer on ${branch}`);
  const paths = await findBlockingPaths(checkout, from, to);
  if (paths.length > 0) return inTheWay(checkout, paths);

  // --no-overwrite-ignore: by default git overwrites an ignored file that is in the way.
  const args = ['merge', '--ff-only', '--no-overwrite-ignore', '--no-verify-signatures', '--no-stat', to];
  failpoint('forward.start.before');
  const result = await gitThatSurvives(args, {
    cwd: checkout,
    onStart: (pid) => recordForward(gitDir, { from, to, pid, step: 'forward' }),
  });
  failpoint('forward.start.after');
  const after = await resolveCommit(repo, `refs/heads/${branch}`);
  if (after !== from) forgetForward(gitDir);
  else await takeBackForward(checkout, gitDir);
  if (after === to) return { kind: 'advanced' };
  if (after !== from) return blocked(`branch ${branch} has moved from ${short(from)}`);
  const late = await findBlockingPaths(checkout, from, to); // the user may have saved a file since the first check
  if (late.length > 0) return inTheWay(checkout, late);
  const said = /^(?:fatal|error): .*/m.exec(result.stderr)?.[0] ?? result.stderr.trim();
  return blocked(`git refused in ${checkout} (exit ${result.code}): ${printable(said)}`);
}

async function isWorkingOn(gitDir: string, branch: string): Promise<boolean> {
  const names: readonly (readonly [string, string])[] = [
    ['rebase-merge/head-name', `refs/heads/${branch}`],
    ['rebase-apply/head-name', `refs/heads/${branch}`],
    ['BISECT_START', branch],
  ];
  for (const [file, name] of names) {
    const path = join(gitDir, file);
    if (existsSync(path) && (await readFile(path, 'utf8')).trim() === name) return true;
  }
  return false;
}

function inTheWay(checkout: string, paths: string[]): FastForward {
  return { kind: 'blocked', reason: `${counted(paths.length, 'file')} in the way in ${checkout}`, paths };
}

function blocked(reason: string): Extract<FastForward, { kind: 'blocked' }> {
  return { kind: 'blocked', reason, paths: [] };
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
