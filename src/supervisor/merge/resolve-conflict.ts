import { o8, type Command } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { endOperation } from '../../core/merge/end-operation.js';
import { O8Error } from '../../core/base/errors.js';
import { resolutionMessage } from '../../core/merge/merge-message.js';
import { sourceOf } from '../../core/plan/sources.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import type { Resolution } from '../../core/run/request-results.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import {
  busyIndex,
  checkOutConflict,
  conflictedPaths,
  mergeInProgress,
  unresolvedPaths,
} from '../../git/merge/conflict-checkout.js';
import { lastCheckedOut } from '../../git/worktrees/head-log.js';
import { leaveOut } from '../../git/merge/leave-out.js';
import { trialMerge } from '../../git/merge/merge.js';
import { ownReason } from '../../git/worktrees/own-worktree.js';
import { createRef, isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { addWorktree, copyWorktreeIncludes, inspectWorktree } from '../../git/worktrees/worktrees.js';
import { filesOf, recordOf, type Run } from '../run/run.js';
import { targetName, targetOf } from '../../core/plan/target.js';

/**
 * Checks out a task's conflict with the target in the task's own worktree, for the user or an agent to resolve and
 * commit there. Repeating the request returns the same answer. O8Error `refused` if there is no conflict to resolve, or
 * that worktree has uncommitted changes.
 */
export async function resolveConflict(run: Run, task: PlannedTask): Promise<Resolution> {
  const { state } = recordOf(run, task.id);
  if (state.state !== 'merge_conflict') {
    const message = `${task.id} is ${state.state} and has no conflict to resolve`;
    throw new O8Error('refused', message, o8('status', { run: run.plan.runId }));
  }
  const { ref } = targetOf(run.plan);
  const target = await resolveCommit(run.repo, ref);
  if (target === null) {
    throw new O8Error('refused', `target ${ref} is gone`, `git update-ref ${ref} ${state.targetCommit}`);
  }
  const tip = await openWorktree(run, task, state.branchCommit);
  const lock = await busyIndex(task.worktree);
  if (lock !== null) {
    const message = `git is running in ${task.worktree}, or was killed there (${lock})`;
    throw new O8Error(
      'refused',
      message,
      `rm ${shellQuote(lock)}   (if git is not running), then the same command again`,
    );
  }
  const begun = await mergeInProgress(task.worktree);
  if (begun !== null && (await isAncestor(run.repo, begun, target))) return opened(run, task, begun, tip);

  const reason = await whyNoConflict(run, task, target, tip);
  if (reason !== null) return { kind: 'no_conflict', reason, next: [mergeCommand(run, task)] };
  await refuseUnclean(task);
  run.lease.assertHeld();
  const message = resolutionMessage(run.plan, task);
  await checkOutConflict(run.repo, task.worktree, { commit: target, branch: task.branch, message });
  return opened(run, task, target, tip);
}

/** Restores the task's worktree on its branch if it was deleted. Returns the branch's tip. */
async function openWorktree(run: Run, task: PlannedTask, branchCommit: string): Promise<string> {
  const ref = `refs/heads/${task.branch}`;
  const tip =
    (await resolveCommit(run.repo, ref)) ??
    (await lastCheckedOut(run.repo, task.worktree, branchCommit)) ??
    (await resolveCommit(run.repo, branchCommit));
  if (tip === null) {
    const message = `branch ${task.branch} and its commits no longer exist`;
    throw new O8Error('refused', message, `git fsck --lost-found   (search for ${branchCommit})`);
  }
  run.lease.assertHeld();
  await createRef(run.repo, ref, tip);
  const wasThere = existsSync(join(task.worktree, '.git'));
  const reason = ownReason(run.plan.runId, `task ${task.id}`);
  await addWorktree(run.repo, run.serialise, { path: task.worktree, branch: task.branch, start: tip, reason });
  if (!wasThere) await copyWorktreeIncludes(run.repo, task.worktree);
  return tip;
}

/** Null if there is still a conflict. The target may have moved, or may have been merged into the branch. */
async function whyNoConflict(run: Run, task: PlannedTask, target: string, tip: string): Promise<string | null> {
  const name = targetName(targetOf(run.plan));
  if (await isAncestor(run.repo, target, tip)) return `${task.branch} contains ${name} already`;
  const theirs = await leaveOut(run.repo, { ours: target, theirs: tip }, sourceOf(run.plan.source).notMerged);
  const trial = await trialMerge(run.repo, { ours: target, theirs, scratchDir: filesOf(run).scratch });
  if (trial.kind === 'conflict') return null;
  return `${task.branch} does not conflict with ${name} at ${target.slice(0, 12)} any more`;
}

const MOST_PATHS = 10; // enough for a message

async function refuseUnclean(task: PlannedTask): Promise<void> {
  const { operation, changes } = await inspectWorktree(task.worktree);
  const at = `git -C ${shellQuote(task.worktree)}`;
  if (operation !== null) {
    const message = `a ${operation} that o8 did not start is in progress in ${task.worktree}`;
    throw new O8Error('refused', message, `${at} ${endOperation(operation)}, then the same command again`);
  }
  if (changes.length === 0) return;
  const paths = changes.slice(0, MOST_PATHS).map(({ path }) => path);
  const more = changes.length > MOST_PATHS ? ` and ${String(changes.length - MOST_PATHS)} more` : '';
  const message = `${task.worktree} has uncommitted changes: ${paths.join(', ')}${more}`;
  throw new O8Error('refused', message, `${at} status   (commit or remove them, then the same command again)`);
}

async function opened(run: Run, task: PlannedTask, target: string, tip: string): Promise<Resolution> {
  const marked = await conflictedPaths(task.worktree);
  const trial = await trialMerge(run.repo, { ours: target, theirs: tip, scratchDir: filesOf(run).scratch });
  const predicted = trial.kind === 'conflict' ? trial.files : [];
  const silent = predicted.filter((path) => !marked.includes(path));
  const at = `git -C ${shellQuote(task.worktree)}`;
  const files = [...marked, ...silent];
  // If one side has a file and the other a folder of that name, git adds the file under a new name.
  const moved = (await unresolvedPaths(task.worktree)).some((path) => !files.includes(path));
  const add = moved || files.length > MOST_PATHS ? '--all' : `-- ${files.map(shellQuote).join(' ')}`;
  return {
    kind: 'opened',
    worktree: task.worktree,
    branch: task.branch,
    files: marked,
    silent,
    targetCommit: target,
    branchCommit: tip,
    next: [`${at} add ${add}`, `${at} commit --no-edit`, mergeCommand(run, task)],
  };
}

function mergeCommand({ plan }: Run, task: PlannedTask): Command {
  return o8('merge', { run: plan.runId, task: task.id });
}
