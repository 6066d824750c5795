import { setTimeout as delay } from 'node:timers/promises';
import { isSomethingAt } from '../../process/trees/identify-process.js';
import { taskOf } from '../../core/run/run-state.js';
import type { TaskState } from '../../core/run/task-state.js';
import { sourceOf } from '../../core/plan/sources.js';
import { readableRun } from '../context/load-run.js';
import { openContext } from '../context/repository-context.js';
import { RunFiles, type LoadedRun } from '../context/run-files.js';
import type { ToolContext } from '../context/define-tool.js';

/** What `worker` does for an issue: never a second agent for a task that has one. */
export type WorkerPlan =
  /** A run of this issue alone. */
  | { readonly kind: 'own_run' }
  /** It failed or was stopped in this run, and is retried there. */
  | { readonly kind: 'retry'; readonly runId: string; readonly active: boolean }
  /** This run has it and was interrupted: it continues first, with all of its tasks. */
  | { readonly kind: 'resume'; readonly runId: string }
  /** A running supervisor has it, or will take it. */
  | { readonly kind: 'there'; readonly runId: string; readonly message: string; readonly isRunning: boolean };

type Found = WorkerPlan | { readonly kind: 'ended'; readonly then: WorkerPlan };

/** A process that was killed a moment ago is gone after this time, usually. */
const DYING_MS = 1_000;
/** The supervisor records the end of an agent within this time, also on a busy machine. */
const RECORDED_MS = 15_000;
const EVERY_MS = 200;

/** An agent that was killed just now counts as ended: what becomes of its task is waited for. */
export async function workerPlan(issue: string, context: ToolContext): Promise<WorkerPlan> {
  const began = performance.now();
  for (;;) {
    const found = await look(issue, context);
    const passed = performance.now() - began;
    if (found.kind === 'ended' && passed >= RECORDED_MS) return found.then;
    if (found.kind !== 'ended' && (found.kind !== 'there' || !found.isRunning || passed >= DYING_MS)) return found;
    await delay(EVERY_MS);
  }
}

async function look(issue: string, context: ToolContext): Promise<Found> {
  const { home } = await openContext(context);
  const files = new RunFiles(home);
  for (const id of await files.list()) {
    const run = await readableRun(files, id);
    if (run === null || !sourceOf(run.plan.source).grows) continue;
    if (run.plan.tasks.some((task) => task.id === issue)) {
      const found = ofRun(issue, run);
      if (found !== null) return found;
    } else if (run.ownerAlive) {
      const message = `Run ${id} (${sourceOf(run.plan.source).name}) is active and takes ${issue} when it is ready and belongs to it. Another run can start when it has finished.`;
      return { kind: 'there', runId: id, message, isRunning: false };
    }
  }
  return { kind: 'own_run' };
}

/** Null: the run is over and has nothing for it to continue. */
function ofRun(issue: string, { plan, state, ownerAlive }: LoadedRun): Found | null {
  const { runId } = plan;
  const { state: task } = taskOf(state, issue);
  const failed = task.state === 'failed' || task.state === 'aborted';
  const there: WorkerPlan = {
    kind: 'there',
    runId,
    message: whereText(issue, runId, task),
    isRunning: task.state === 'running',
  };
  if (ownerAlive) {
    if (failed) return { kind: 'retry', runId, active: true };
    const pid = task.state === 'running' && task.process.kind === 'started' ? task.process.pid : null;
    return pid !== null && !isSomethingAt(pid) ? { kind: 'ended', then: there } : there;
  }
  if (state.phase.kind !== 'finished') return { kind: 'resume', runId };
  if (failed) return { kind: 'retry', runId, active: false };
  return task.state === 'merge_conflict' || task.state === 'merge_pending' ? there : null;
}

function whereText(issue: string, runId: string, task: TaskState): string {
  const where = `${issue} in run ${runId}`;
  switch (task.state) {
    case 'running':
      return task.process.kind === 'started'
        ? `Pid ${String(task.process.pid)} works on ${where}; no second agent is started.`
        : `The agent of ${where} is starting; no second one is started.`;
    case 'queued':
    case 'worktree_created':
      return `${where} is waiting for its turn; the run starts its agent.`;
    case 'blocked':
      return `${where} is blocked by ${task.by.join(', ')}.`;
    case 'merge_pending':
      return `${where} is done and waits to be merged.`;
    case 'merge_conflict':
      return `${where} is done and has a merge conflict.`;
    case 'skipped':
      return `${where} was left out of the run.`;
    case 'complete':
      return `${where} is complete.`;
    case 'failed':
    case 'aborted':
      return `${where} is ${task.state}.`;
  }
}
