import { existsSync } from 'node:fs';
import { afterKept, whyKept } from '../../core/kept/kept-text.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { begunAnew, continueSteps, type ContinueWish } from '../../core/run/rules/continue.js';
import { landedCommit } from '../../core/run/task-state.js';
import { doneRef } from '../../core/plan/own-refs.js';
import { createRef, deleteRef, isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { removeWithWorktrees } from '../../git/kept/remove-kept.js';
import { forgetPins } from '../run/pins.js';
import { isTasksWorktree, noteOnce, rescueTask, stakeOf } from './remove-worktree.js';
import { lastAttemptRef, plannedTask, recordOf, type Run } from '../run/run.js';
import { targetOf } from '../../core/plan/target.js';

/** Queues what the user wants done now: other waves, and failed tasks from a fresh start with the old one kept. */
export async function continueRun(run: Run, wish: ContinueWish): Promise<void> {
  await restoreTarget(run);
  for (const step of continueSteps(run.ledger.state, wish)) {
    if (step.kind === 'record') await run.ledger.record(step.event);
    else await startAnew(run, plannedTask(run, step.task));
  }
}

/** `cleanup` removes a target all of which is on the base: what is done now then goes on from the base. */
async function restoreTarget(run: Run): Promise<void> {
  const { base, tasks } = run.plan;
  const target = targetOf(run.plan);
  if ((await resolveCommit(run.repo, target.ref)) !== null) return;
  const tip = await resolveCommit(run.repo, `refs/heads/${base.branch}`);
  if (tip === null) return;
  for (const { id } of tasks) {
    const landed = landedCommit(recordOf(run, id).state);
    if (landed !== null && !(await isAncestor(run.repo, landed, tip))) return; // somebody removed it with work on it
  }
  run.lease.assertHeld();
  await createRef(run.repo, target.ref, tip);
}

/** The old attempt stays reachable: leftovers under a rescue ref, the branch's tip under `refs/o8/attempts/`. */
async function startAnew(run: Run, task: PlannedTask): Promise<void> {
  const record = recordOf(run, task.id);
  const isOurs = !existsSync(task.worktree) || (await isTasksWorktree(run, task));
  const stake = isOurs ? await stakeOf(run, task) : null;
  const why = whyKept(stake?.stays ?? []);
  if (why !== null) {
    const again = `the same command again`;
    await noteOnce(run, task, [
      `not started again, its worktree holds more than a commit can carry: ${why}; ${afterKept(task.worktree, again)}`,
    ]);
    return;
  }
  if (stake !== null) await rescueTask(run, task, stake);
  const ref = `refs/heads/${task.branch}`;
  const tip = await resolveCommit(run.repo, ref);
  // A worktree that was only announced may have failed because the branch was somebody else's.
  const ours = tip !== null && record.start !== null && (record.worktree !== 'intended' || tip === record.start);
  run.lease.assertHeld();
  const kept = ours ? tip : await resolveCommit(run.repo, doneRef(run.plan.runId, task.id));
  if (kept !== null) await createRef(run.repo, lastAttemptRef(run, task.id), kept);
  if (stake?.found.exists === true) await removeWithWorktrees(run.repo, run.serialise, task.worktree, stake);
  if (ours) await deleteRef(run.repo, ref, tip);
  await forgetPins(run, task.id); // the attempt's ref has it
  await run.ledger.record(begunAnew(task.id));
}
