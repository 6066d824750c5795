import { existsSync } from 'node:fs';
import { afterKept, whyKept } from '../../core/kept/kept-text.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { landedCommit } from '../../core/run/task-state.js';
import { doneRef } from '../../core/plan/own-refs.js';
import { createRef, deleteRef, isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { removeWithWorktrees } from '../../git/kept/remove-kept.js';
import { forgetPins } from '../run/pins.js';
import { isTasksWorktree, noteOnce, rescueTask, stakeOf } from './remove-worktree.js';
import { lastAttemptRef, plannedTask, recordOf, type Run } from '../run/run.js';
import { targetOf } from '../../core/plan/target.js';

export interface Continuation {
  readonly select: readonly string[];
  readonly skip: readonly string[];
  readonly retry: readonly string[];
  readonly resume?: boolean | undefined;
}

/** Queues what the user wants done now: other waves, and failed tasks from a fresh start with the old one kept. */
export async function continueRun(run: Run, { select, skip, retry, resume }: Continuation): Promise<void> {
  await restoreTarget(run);
  for (const id of skip) {
    const { state } = recordOf(run, id);
    if (['queued', 'blocked', 'failed', 'aborted'].includes(state.state)) {
      await run.ledger.record({ type: 'task_skipped', task: id, why: 'user', landed: null });
    }
  }
  for (const id of select) {
    if (recordOf(run, id).state.state === 'skipped') {
      await run.ledger.record({ type: 'task_requeued', task: id, why: 'selected', next: { kind: 'fresh' } });
    }
  }
  for (const [number, validation] of run.ledger.state.validations) {
    if (validation.kind === 'failed') await run.ledger.record({ type: 'wave_validation_reset', wave: number });
  }
  for (const id of retry) {
    const { state } = recordOf(run, id);
    if (state.state === 'failed' || state.state === 'aborted') await startAnew(run, plannedTask(run, id));
  }
  if (resume === true) await takeUpAborted(run);
}

/** Where the worktree is still there the same session goes on in it; where `cleanup` removed it the task begins anew. */
async function takeUpAborted(run: Run): Promise<void> {
  await run.ledger.record({ type: 'run_resumed', reopens: true });
  for (const task of run.plan.tasks) {
    const { state, worktree } = recordOf(run, task.id);
    if (state.state !== 'aborted') continue;
    if (worktree === 'removed') await startAnew(run, task);
    else {
      const note = 'The run was stopped by the user and is resumed now. Go on where you were.';
      const next = worktree === 'present' ? { kind: 'continue' as const, note } : { kind: 'fresh' as const };
      await run.ledger.record({ type: 'task_requeued', task: task.id, why: 'resumed', next });
    }
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
  await run.ledger.record({ type: 'task_requeued', task: task.id, why: 'retry', next: { kind: 'fresh' } });
}
