import { text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { afterKept } from '../../core/kept/kept-text.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { startedOver, continueSteps, type ContinueWish } from '../../core/run/rules/continue.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { doneRef } from '../../core/plan/own-refs.js';
import { createRef, isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { forgetPins } from '../run/pins.js';
import { makeRoomFor, needsRoom } from './make-room.js';
import { isTasksWorktree, noteOnce } from './remove-worktree.js';
import { retireAttempt } from './retire-attempt.js';
import { lastAttemptRef, plannedTask, recordOf, type Run } from '../run/run.js';
import { targetOf } from '../../core/plan/target.js';

/** Queues what the user requested: other waves, and failed tasks, which start over while their old attempt is kept. */
export async function continueRun(run: Run, wish: ContinueWish): Promise<void> {
  await restoreTarget(run);
  for (const step of continueSteps(run.ledger.state, wish)) {
    if (step.kind === 'record') await run.ledger.record(step.event);
    else await startOver(run, plannedTask(run, step.task));
  }
}

/** `cleanup` removes a target that has landed completely; new work then starts from the base branch. */
async function restoreTarget(run: Run): Promise<void> {
  const { base, tasks } = run.plan;
  const target = targetOf(run.plan);
  if ((await resolveCommit(run.repo, target.ref)) !== null) return;
  const tip = await resolveCommit(run.repo, `refs/heads/${base.branch}`);
  if (tip === null) return;
  for (const { id } of tasks) {
    const merged = mergedCommit(recordOf(run, id).state);
    if (merged !== null && !(await isAncestor(run.repo, merged, tip))) return; // it was removed while it still had unlanded work
  }
  run.lease.assertHeld();
  await createRef(run.repo, target.ref, tip);
}

/** The old attempt stays reachable: uncommitted work under a rescue ref, commits under `refs/o8/attempts/`. */
async function startOver(run: Run, task: PlannedTask): Promise<void> {
  const { start, worktree, attempt } = recordOf(run, task.id);
  if (existsSync(task.worktree)) await isTasksWorktree(run, task); // restores a deleted `.git` file
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  // The worktree may only have been announced, and not created because the branch was not o8's.
  const isOurs = tip !== null && start !== null && (worktree !== 'intended' || tip === start);
  const retired = await retireAttempt(run, task, {
    task: task.id,
    runId: run.plan.runId,
    attempt,
    ref: lastAttemptRef(run, task.id),
    branch: isOurs ? 'goes' : 'stays',
    lastKnown: await resolveCommit(run.repo, doneRef(run.plan.runId, task.id)),
  });
  if (retired.kind === 'stays') {
    return noteOnce(run, task, [
      text`not started again: its worktree contains work that cannot be saved in a commit: ${retired.why}; ${afterKept(task.worktree, 'the same command again')}`,
    ]);
  }
  if (needsRoom(run, task)) await makeRoomFor(run, task);
  await forgetPins(run, [task.id]); // the attempt's ref keeps the commits
  await run.ledger.record(startedOver(task.id));
}
