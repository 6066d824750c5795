import { o8 } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { rescueRef } from '../../core/plan/own-refs.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { asideSuffix } from '../../core/kept/aside.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { atStake } from '../../git/kept/at-stake.js';
import { deleteRef, resolveCommit } from '../../git/refs/refs.js';
import { findWorktree } from '../../git/worktrees/worktree-list.js';
import type { CleanupResult } from '../../core/run/request-results.js';
import type { CleanupWish } from './cleanup-wish.js';
import { removeRescued } from './remove-rescued.js';
import { filesOf, type Run } from '../run/run.js';

/**
 * Cleans up what `--force` moved out of the way of a task: the worktree is removed after its content is rescued, the
 * branch if its commits are elsewhere or with `force`. A folder that is not a worktree may be the user's and stays.
 */
export async function cleanMovedAside(
  run: Run,
  task: PlannedTask,
  wish: CleanupWish,
  result: CleanupResult,
  isKeptElsewhere: (commit: string) => Promise<boolean>,
): Promise<void> {
  const suffix = asideSuffix(run.plan.runId);
  const path = `${task.worktree}${suffix}`;
  const branch = `${task.branch}${suffix}`;
  if (existsSync(path) && !(await cleanWorktree(run, { id: task.id, path, branch }, wish, result))) return;
  await cleanBranch(run, { id: task.id, branch }, wish, result, isKeptElsewhere);
}

interface Aside {
  readonly id: string;
  readonly path: string;
  readonly branch: string;
}

async function cleanWorktree(
  run: Run,
  { id, path, branch }: Aside,
  wish: CleanupWish,
  result: CleanupResult,
): Promise<boolean> {
  if ((await findWorktree(run.repo, path)) === null) {
    const hint = `ls -la ${shellQuote(path)}   (rm -r ${shellQuote(path)} deletes it)`;
    result.kept.push({ what: path, why: '--force moved it out of the way, and it is not a worktree', hint });
    return false;
  }
  const stake = await atStake(run.repo, path, 0); // ignored files may be the user's
  const keep = {
    ref: rescueRef(run.plan.runId, id, 0), // attempts of the run itself count from 1
    branch,
    message: `Work of ${id} that --force moved out of the way (${filesOf(run).dir})`,
  };
  return removeRescued(run, { task: id, path, stake, keep }, wish, result);
}

async function cleanBranch(
  run: Run,
  { id, branch }: Omit<Aside, 'path'>,
  wish: CleanupWish,
  result: CleanupResult,
  isKeptElsewhere: (commit: string) => Promise<boolean>,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  const tip = await resolveCommit(run.repo, ref);
  if (tip === null) return;
  if (!wish.force && !(await isKeptElsewhere(tip))) {
    const hint = o8('cleanup', { run: run.plan.runId, task: id, force: true });
    result.kept.push({ what: branch, why: `its commits are on no other branch (${tip.slice(0, 12)})`, hint });
    return;
  }
  if (!wish.dryRun) {
    run.lease.assertHeld();
    if (!(await deleteRef(run.repo, ref, tip))) return;
  }
  result.branches.push({ branch, commit: tip });
}
