import { inTerminal } from '../../core/base/text.js';
import { commandFailure } from '../../core/report/command-failure.js';
import { O8Error } from '../../core/base/errors.js';
import { stackedOn } from '../../core/run/stacked-on.js';
import { mergedCommit } from '../../core/run/task-state.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { lostFromTarget, targetGone, type Moved } from '../../git/findings/moved-branches.js';
import { createRef, isAncestor, mergeBase, resolveCommit } from '../../git/refs/refs.js';
import { addWorktree, copyWorktreeIncludes } from '../../git/worktrees/worktrees.js';
import { writePrepared } from '../../store/runs/prepared.js';
import { agentEnvironmentOf } from '../run/agent-variables.js';
import { errorText } from '../run/error-text.js';
import { runSetupCommand } from '../run/end-setup-processes.js';
import { branchesOf, filesOf, lastAttemptRef, recordOf, type Run } from '../run/run.js';
import { adoptPushedWork } from './adopt-pushed-work.js';
import { needsRoom } from './make-room.js';
import { lockReason, unlockWithoutAgent } from './worktree-lock.js';
import { targetOf } from '../../core/plan/target.js';

/**
 * Creates the worktree, copies included files and runs `setup`. All steps can be repeated after a crash. Before
 * anything is created, it is checked that the start commit contains everything the task depends on.
 */
export async function prepareTask(run: Run, task: PlannedTask): Promise<void> {
  if (!(await isOurs(run, task)) || (await adoptPushedWork(run, task))) return;
  const { ref } = targetOf(run.plan);
  const stacked = stackedOn(run.plan, run.ledger.state, task);
  const begun = await beginningOf(run, task);
  const start = recordOf(run, task.id).start ?? begun?.start ?? stacked?.commit ?? (await resolveCommit(run.repo, ref));
  if (start === null) return fail(run, task, movedText(await targetGone(branchesOf(run))));
  const missing = await missingDependency(run, task, start);
  if (missing !== null) {
    const lost = await lostFromTarget(branchesOf(run), start);
    const fact = `${ref} at ${start.slice(0, 12)} does not contain ${missing}, which ${task.id} needs`;
    return fail(run, task, lost === null ? fact : movedText(lost.moved));
  }
  await run.ledger.record({ type: 'worktree_intended', task: task.id, start });
  if (!(await provideWorktree(run, task, begun?.tip ?? start))) return;
  await run.ledger.record({ type: 'worktree_created', task: task.id, start });
  await unlockWithoutAgent(run, task);
}

/**
 * What a run that is not known here any more has on the branch of a task: the branch goes on from there, in the worktree
 * that may still be there, with what is uncommitted in it. Null for a task without such work.
 */
async function beginningOf(run: Run, task: PlannedTask): Promise<{ start: string; tip: string } | null> {
  if (task.begun !== true || needsRoom(run, task) || recordOf(run, task.id).attempt > 0) return null;
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  const start = tip === null ? null : await mergeBase(run.repo, targetOf(run.plan).ref, tip);
  if (tip === null || start === null) return null;
  run.lease.assertHeld();
  // A worktree that cannot be made takes its branch with it.
  await createRef(run.repo, `${lastAttemptRef(run, task.id)}-${tip.slice(0, 12)}`, tip);
  return { start, tip };
}

/** False where somebody else has the task; then it is recorded who. */
async function isOurs(run: Run, task: PlannedTask): Promise<boolean> {
  if (run.claims === undefined) return true;
  const claim = await run.claims.claim(task.id);
  if (recordOf(run, task.id).state.state !== 'queued') return false; // somebody was faster
  if (claim.kind === 'ours') return true;
  await run.ledger.record(
    { type: 'task_skipped', task: task.id, why: claim.kind === 'taken' ? 'claimed' : 'user', landed: null },
    { type: 'task_noted', task: task.id, notes: [claim.note] },
  );
  return false;
}

/** Creates the worktree on the task's branch, which is, or will be, at `start`. False if that failed the task. */
export async function provideWorktree(run: Run, task: PlannedTask, start: string): Promise<boolean> {
  try {
    await addWorktree(run.repo, run.serialise, {
      path: task.worktree,
      branch: task.branch,
      start,
      reason: lockReason(run, task),
    });
    await copyWorktreeIncludes(run.repo, task.worktree);
  } catch (error) {
    const hint = error instanceof O8Error && error.hint !== '' ? `\n${inTerminal(error.hint)}` : '';
    await fail(run, task, `${errorText(error)}${hint}`);
    return false;
  }
  if (task.setup !== null && !(await runSetup(run, task, task.setup))) return false;
  await writePrepared(filesOf(run).tasks, task.id);
  return true;
}

function movedText({ reason, hint }: Moved): string {
  return `${reason}\n${inTerminal(hint)}`;
}

async function missingDependency(run: Run, task: PlannedTask, start: string): Promise<string | null> {
  for (const dep of task.deps) {
    if (!(await containsWork(run, dep, start))) return dep;
  }
  return null;
}

/** As it landed, or as its pull request has it, which the task may be stacked on. */
async function containsWork(run: Run, dep: string, commit: string): Promise<boolean> {
  const { state, pull } = recordOf(run, dep);
  for (const work of [mergedCommit(state), pull?.pushed ?? null]) {
    if (work !== null && (await isAncestor(run.repo, work, commit))) return true;
  }
  return false;
}

async function runSetup(run: Run, task: PlannedTask, setup: string): Promise<boolean> {
  const stop = run.interrupts.signalFor(task.id);
  const result = await runSetupCommand(run, task.id, setup, {
    cwd: task.worktree,
    env: agentEnvironmentOf(run, task, null),
    timeoutMs: task.timeoutMinutes * 60_000,
    logFile: filesOf(run).setupLog(task.id),
    stop,
  });
  if (stop.aborted) return false; // the job that interrupted it records the task's state
  if (result.code === 0) return true;
  const { code, signal, timedOut, outputTail } = result;
  const how = { command: run.redact(setup), code, signal, timedOut, output: run.redact(outputTail) };
  await run.ledger.record({
    type: 'task_failed',
    task: task.id,
    reason: 'setup_failed',
    message: `setup ${commandFailure({ ...how, timeoutMinutes: task.timeoutMinutes })}`,
  });
  return false;
}

async function fail(run: Run, task: PlannedTask, message: string): Promise<void> {
  await run.ledger.record({ type: 'task_failed', task: task.id, reason: 'worktree_failed', message });
}
