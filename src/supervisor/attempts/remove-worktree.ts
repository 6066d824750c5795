import { inTerminal, o8, type Command, mapText, type Text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { keptNote, type Stays } from '../../core/kept/kept-text.js';
import { isUntidy } from '../../core/run/run-state.js';
import { rescueRef } from '../../core/plan/own-refs.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { atStake, type AtStake } from '../../git/kept/at-stake.js';
import { mendPointer } from '../../git/kept/mend-pointer.js';
import { keepCommit } from '../../git/worktrees/keep-commit.js';
import { isOnBranch, removeWithWorktrees, rescueStake, type Keep } from '../../git/kept/remove-kept.js';
import { isOwnWorktree } from '../../git/worktrees/own-worktree.js';
import { inspectWorktree, snapshotWorktree } from '../../git/worktrees/worktrees.js';
import { readPrepared } from '../../store/runs/prepared.js';
import { endSetupProcesses } from '../run/end-setup-processes.js';
import { errorText } from '../run/error-text.js';
import { isNotMerged } from './restore-not-merged.js';
import { attemptOf, filesOf, recordOf, type Run } from '../run/run.js';

/**
 * Removes the worktree of a task whose branch is merged. If it still contains something that git does not have (an
 * uncommitted change, a nested repository), it stays for `cleanup`; single ignored files are rescued first.
 */
async function removeCleanWorktree(run: Run, task: PlannedTask): Promise<void> {
  // A killed supervisor may have moved the folder away before git's entry for it was removed.
  const gone = !existsSync(task.worktree);
  if (!gone && !(await isTasksWorktree(run, task))) return;
  const stake = await stakeOf(run, task);
  const stays = [...stake.stays, ...uncommitted(run, stake)];
  run.lease.assertHeld();
  // Ignored files are rescued even if the worktree stays, so that the user need not look for them when cleaning up.
  const rescued = await rescueStake(run.repo, task.worktree, stake, keepOf(run, task)).catch((error: unknown) =>
    errorText(error),
  );
  if (typeof rescued === 'string')
    return keep(run, task, [{ path: task.worktree, why: `cannot be rescued: ${rescued}` }]);
  await noteOnce(run, task, rescued.notes);
  if (stays.length > 0) return keep(run, task, stays);
  run.lease.assertHeld();
  await removeWithWorktrees(run.repo, run.serialise, task.worktree, stake);
  await run.ledger.record({ type: 'worktree_removed', task: task.id });
}

async function keep(run: Run, task: PlannedTask, stays: readonly Stays[]): Promise<void> {
  await noteOnce(run, task, [keptNote(stays, task.worktree, cleanupCommand(run, task))]);
}

function uncommitted(run: Run, { found }: AtStake): Stays[] {
  // A path that ends in a slash is a nested repository, which is checked separately.
  const [first, ...rest] = found.changes.filter(({ path }) => !path.endsWith('/') && !isNotMerged(run, path));
  if (first === undefined) return [];
  const more = rest.length === 0 ? '' : `and ${String(rest.length)} more `;
  return [{ path: first.path, why: `${more}${rest.length === 0 ? 'is' : 'are'} in no commit` }];
}

/** Records the notes that the task does not have yet. */
export async function noteOnce(run: Run, task: PlannedTask, notes: readonly Text[]): Promise<void> {
  const known = recordOf(run, task.id).notes.map(inTerminal);
  const fresh = notes
    .filter((note) => !known.includes(inTerminal(note)))
    .map((note) => mapText(note, (words) => words.slice(0, MOST_NOTE)));
  for (let at = 0; at < fresh.length; at += NOTES_A_RECORD) {
    const texts = fresh.slice(at, at + NOTES_A_RECORD);
    const hasCommands = texts.some((text) => typeof text !== 'string');
    await run.ledger.record({
      type: 'task_noted',
      task: task.id,
      notes: texts.map(inTerminal),
      ...(hasCommands ? { texts } : {}),
    });
  }
}

const MOST_NOTE = 1000;
const NOTES_A_RECORD = 3; // a journal record stays below 4 KB

export function cleanupCommand(run: Run, task: PlannedTask): Command {
  return o8('cleanup', { run: run.plan.runId, task: task.id });
}

/** Whether the folder is the task's worktree. Restores its `.git` file first if that was deleted. */
export async function isTasksWorktree(run: Run, task: PlannedTask): Promise<boolean> {
  if (await mendPointer(run.repo, task.worktree, run.plan.runId)) {
    run.log(`${task.id}: ${task.worktree}/.git was deleted and has been restored`);
  }
  return isOwnWorktree(task.worktree, run.plan.runId);
}

/** Everything that would be lost with the task's worktree. */
export async function stakeOf(run: Run, task: PlannedTask): Promise<AtStake> {
  return atStake(run.repo, task.worktree, await readPrepared(filesOf(run).tasks, task.id));
}

export function keepOf(run: Run, task: PlannedTask): Keep {
  const { attempt } = recordOf(run, task.id);
  return {
    ref: rescueRef(run.plan.runId, task.id, attempt),
    branch: task.branch,
    message: `Uncommitted work of ${task.id}, attempt ${String(attempt)} (${attemptOf(run, task.id, attempt).dir})`,
  };
}

/**
 * Removes what only the merge of a task needed: processes that its `setup` left, and its worktree. One that cannot be
 * removed now is left for `cleanup`.
 */
export async function tidyMerged(run: Run, task: PlannedTask): Promise<void> {
  await run.removals.take(task.id, async () => {
    if (!isUntidy(recordOf(run, task.id))) return; // `cleanup` was faster
    try {
      await endSetupProcesses(run, task.id); // they may write into the worktree that is removed next
      await removeCleanWorktree(run, task);
    } catch (error) {
      run.log(`${task.id}: worktree not removed: ${errorText(error)}`);
    }
  });
}

/**
 * Saves uncommitted work of a worktree that stays, or commits that are not on its branch, under a rescue ref; null if
 * there is nothing to save.
 */
export async function rescueWorktree(run: Run, task: PlannedTask): Promise<{ ref: string; commit: string } | null> {
  if (!(await isTasksWorktree(run, task))) return null;
  const { head } = await inspectWorktree(task.worktree);
  const { attempt } = recordOf(run, task.id);
  const ref = rescueRef(run.plan.runId, task.id, attempt);
  run.lease.assertHeld();
  const kept = await snapshotWorktree(run.repo, task.worktree, {
    ref,
    message: `Uncommitted work of ${task.id}, attempt ${String(attempt)} (${attemptOf(run, task.id, attempt).dir})`,
  });
  if (kept !== null) return kept; // its parent is HEAD, so it includes the commits
  if (head === null || (await isOnBranch(run.repo, task.branch, head))) return null;
  return { ref: await keepCommit(run.repo, ref, head), commit: head };
}
