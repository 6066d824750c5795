import type { RunEvent } from '../events.js';
import { taskOf, type RunState } from '../run-state.js';

/** Lost to crashes this often in a row, a task has a cause of its own. */
const MOST_LOST = 3;

/** Nobody saw how the attempt ended: another one takes its session on, which counts as no retry. */
export function lost(state: RunState, task: string): RunEvent {
  if (taskOf(state, task).lostInARow + 1 >= MOST_LOST) {
    const message = `its agent process disappeared ${String(MOST_LOST)} times in a row`;
    return { type: 'task_failed', task, reason: 'lost', message };
  }
  const next = { kind: 'continue' as const, note: 'The process was lost; nobody saw how it ended.' };
  return { type: 'task_requeued', task, why: 'lost', next };
}

/**
 * Attempts that were announced and never seen alive. One that turns out to have begun nowhere is void: the task goes on
 * as if it had not been announced.
 */
export function onlyAnnounced(state: RunState): readonly { readonly task: string; readonly attempt: number }[] {
  return [...state.tasks.values()].flatMap(({ id, attempt, state: task }) =>
    task.state === 'running' && task.process.kind === 'intended' ? [{ task: id, attempt }] : [],
  );
}

/** An announced attempt that nobody began, or ever will. */
export function voided({ task, attempt }: { readonly task: string; readonly attempt: number }): RunEvent {
  return { type: 'attempt_void', task, attempt };
}
