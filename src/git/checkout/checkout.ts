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

/** `paths` from the root of the checkout, the files of the user's that are in the way; nothing has been changed. */
export type FastForward =
  | { readonly kind: 'advanced' }
  /** `lock`: a lock file of git's that is in the way; its git may be at work, or have been killed. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly paths: string[]; readonly lock?: string };

/**
 * The checkout that has a branch: on it, or in the middle of a rebase or bisect of it, when HEAD is detached but the
 * branch is still that checkout's. Null when nobody has it.
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
 * Moves a branch forward from `from` to `to`, the only way o8 ever changes a checkout of the user's. Checked out, git
 * itself does it there and only if every file in the way is as committed; unrelated changes stay. Checked out nowhere,
 * the ref moves alone. Already containing `to` is `advanced`. Blocked leaves everything exactly as it was.
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
  if (existsSync(lock)) return { ...blocked(`git is moving ${branch}, or was killed while it did (${lock})`), lock };
  if (await advanceRef(repo, ref, { to, from })) return { kind: 'advanced' };
  return blocked(`branch ${branch} has moved from ${short(from)}`);
}

/** What is left of a forward whose caller was killed between its end and its record: the note beside the index. */
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
  // A git that finds the branch locked finds it after it has moved index and files.
  const lock = lockPaths(repo, gitDir, branch).find((path) => existsSync(path));
  if (lock !== undefined) return { ...blocked(`git is at work in ${checkout}, or was killed there (${lock})`), lock };
  const symbolic = await tryGit(['symbolic-ref', '--quiet', 'HEAD'], { cwd: checkout });
  if (symbolic.stdout.trim() !== `refs/heads/${branch}`) return blocked(`${checkout} is not on ${branch} any more`);
  const paths = await findBlockingPaths(checkout, from, to);
  if (paths.length > 0) return inTheWay(checkout, paths);

  // --no-overwrite-ignore: by default git deletes an ignored file of the user's that is in the way.
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
  const late = await findBlockingPaths(checkout, from, to); // the user may have saved a file in between
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
