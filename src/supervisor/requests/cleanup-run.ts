import { o8, text, withFlags } from '../../core/base/text.js';
import type { CleanupResult } from '../../core/run/request-results.js';
import type { CleanupWish } from './cleanup-wish.js';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { isSettled } from '../../core/run/task-state.js';
import { waitingWork } from '../../core/merge/waiting-work.js';
import { doneRef, foundRef, landingRef } from '../../core/plan/own-refs.js';
import { contentThere } from '../../git/merge/content-there.js';
import { createRef, deleteRef, isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { recordFound } from '../merge/land-target.js';
import { baseTip } from '../../git/findings/moved-branches.js';
import { cleanMovedAside } from './moved-aside.js';
import { forgetPins } from '../run/pins.js';
import { removeRescued } from './remove-rescued.js';
import { cleanupCommand, isTasksWorktree, keepOf, stakeOf } from '../attempts/remove-worktree.js';
import { lastAttemptRef, recordOf, type Run } from '../run/run.js';
import { keepingRefs, keepsTaskBranches, ownBranch, targetOf } from '../../core/plan/target.js';

/**
 * Removes worktrees and branches of settled tasks. Uncommitted work is saved under a rescue ref first. A branch with
 * commits that no other branch has is removed only with `force`, and the answer then contains its commit id.
 */
export async function cleanupRun(run: Run, wish: CleanupWish): Promise<CleanupResult> {
  const result: CleanupResult = { worktrees: [], branches: [], kept: [] };
  for (const task of run.plan.tasks) {
    if (wish.task !== null && task.id !== wish.task) continue;
    await run.removals.take(task.id, () => cleanTask(run, task, wish, result));
  }
  if (wish.task === null) await cleanTarget(run, wish, result);
  return result;
}

async function cleanTask(run: Run, task: PlannedTask, wish: CleanupWish, result: CleanupResult): Promise<void> {
  await cleanMovedAside(run, task, wish, result, (commit) => isKeptElsewhere(run, commit));
  if (wish.except?.includes(task.id) === true) return;
  const record = recordOf(run, task.id);
  if (record.state.state === 'skipped' || record.worktree === 'none') return;
  if (!isSettled(record.state)) {
    result.kept.push({
      what: task.worktree,
      why: `${task.id} is ${record.state.state}`,
      hint: o8('abort', { run: run.plan.runId, task: task.id }),
    });
    return;
  }
  const waiting = waitingWork(run.plan.runId, task.id, record.state);
  if (!wish.force && waiting !== null) {
    const hint = text`${waiting.command}, or ${withFlags(cleanupCommand(run, task), { force: true })}`;
    result.kept.push({ what: task.worktree, why: `${task.id} is done, ${waiting.why}`, hint });
    return;
  }
  if (await cleanWorktree(run, task, wish, result)) await cleanBranch(run, task, wish, result);
}

async function cleanWorktree(run: Run, task: PlannedTask, wish: CleanupWish, result: CleanupResult): Promise<boolean> {
  const { worktree } = recordOf(run, task.id);
  const deleted = worktree === 'present' && !existsSync(task.worktree); // the folder was deleted, but git still lists the worktree
  const own = deleted || (await isTasksWorktree(run, task));
  if (!own && worktree === 'present' && (await hasFiles(task.worktree))) {
    const why = 'it is no longer a worktree of this run and contains files';
    result.kept.push({ what: task.worktree, why, hint: `ls -la ${shellQuote(task.worktree)}` });
    return false;
  }
  if (!own) return worktree !== 'intended'; // it existed before the task, so the branch is not the run's either
  const stake = await stakeOf(run, task);
  const doomed = { task: task.id, path: task.worktree, stake, keep: keepOf(run, task) };
  if (!(await removeRescued(run, doomed, wish, result))) return false;
  if (!wish.dryRun) await run.ledger.record({ type: 'worktree_removed', task: task.id });
  return true;
}

async function hasFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).length > 0; // usually the folder no longer exists
}

async function cleanBranch(run: Run, task: PlannedTask, wish: CleanupWish, result: CleanupResult): Promise<void> {
  const ref = `refs/heads/${task.branch}`;
  const tip = await resolveCommit(run.repo, ref);
  if (tip === null) return;
  const { state } = recordOf(run, task.id);
  const onBase =
    state.state === 'complete' && !keepsTaskBranches(targetOf(run.plan)) && (await isThere(run, state.landed, tip));
  if (!wish.force && !onBase && !(await isKeptElsewhere(run, tip))) {
    const hint = withFlags(cleanupCommand(run, task), { force: true });
    result.kept.push({ what: task.branch, why: `its commits are on no other branch (${tip.slice(0, 12)})`, hint });
    return;
  }
  if (wish.dryRun) {
    result.branches.push({ branch: task.branch, commit: tip });
    return;
  }
  run.lease.assertHeld();
  // No other branch contains the commits of a squashed branch, so they are kept as the task's attempt.
  if (onBase && !(await isKeptElsewhere(run, tip))) await createRef(run.repo, lastAttemptRef(run, task.id), tip);
  if (await deleteRef(run.repo, ref, tip)) {
    await run.ledger.record({ type: 'branch_removed', task: task.id, commit: tip });
    const pinned = await resolveCommit(run.repo, doneRef(run.plan.runId, task.id));
    if (wish.force || (pinned !== null && (await isKeptElsewhere(run, pinned)))) await forgetPins(run, [task.id]);
    result.branches.push({ branch: task.branch, commit: tip });
  }
}

/** The user may have moved the target back, or put the work on the base branch in another form. */
async function isThere(run: Run, merged: string, tip: string): Promise<boolean> {
  if (run.ledger.state.foundLanded !== null || (await isKeptElsewhere(run, merged))) return true;
  const base = await resolveCommit(run.repo, `refs/heads/${run.plan.base.branch}`);
  return base !== null && (await contentThere(run.repo, tip, base)) !== null;
}

async function isKeptElsewhere(run: Run, tip: string): Promise<boolean> {
  for (const ref of keepingRefs(targetOf(run.plan))) {
    const commit = await resolveCommit(run.repo, ref);
    if (commit !== null && (await isAncestor(run.repo, tip, commit))) return true;
  }
  return false;
}

/** Removes the run's own branch if all of it is on the base branch. */
async function cleanTarget(run: Run, wish: CleanupWish, result: CleanupResult): Promise<void> {
  const target = targetOf(run.plan);
  const { ref } = target;
  const branch = ownBranch(target);
  if (branch === null) return;
  const waiting = run.plan.tasks.filter(({ id }) =>
    ['merge_pending', 'merge_conflict'].includes(recordOf(run, id).state.state),
  );
  if (waiting.length > 0 && !wish.force) {
    const why = `${waiting.map(({ id }) => id).join(', ')} must still be merged into it`;
    result.kept.push({ what: branch, why, hint: o8('merge', { run: run.plan.runId }) });
    return;
  }
  const tip = await resolveCommit(run.repo, ref);
  const base = await baseTip(run);
  if (tip === null) return;
  if (base === null) {
    const why = `${run.plan.base.branch} no longer exists, so it is unknown what has landed`;
    result.kept.push({ what: branch, why, hint: o8('merge', { run: run.plan.runId }) });
    return;
  }
  const there = (await isAncestor(run.repo, tip, base)) ? base : await contentThere(run.repo, tip, base);
  if (there === null) {
    result.kept.push({
      what: branch,
      why: `not all of it is on ${run.plan.base.branch}`,
      hint: o8('merge', { run: run.plan.runId }),
    });
    return;
  }
  if (wish.dryRun) {
    result.branches.push({ branch, commit: tip });
    return;
  }
  run.lease.assertHeld();
  if (there !== base) {
    await recordFound(run, tip, there);
    await createRef(run.repo, foundRef(run.plan.runId), tip); // its commits are on no other branch
  }
  if (await deleteRef(run.repo, ref, tip)) result.branches.push({ branch, commit: tip });
  const landing = await resolveCommit(run.repo, landingRef(run.plan.runId));
  if (landing !== null && (await isAncestor(run.repo, landing, base)))
    await deleteRef(run.repo, landingRef(run.plan.runId), landing);
}
