import type { RunEvent } from '../events.js';
import { taskOf, type RunState } from '../run-state.js';

/** After this many lost attempts in a row, the task itself is the likely cause. */
const MOST_LOST = 3;

/** How the attempt ended is unknown. Another attempt continues its session, which does not count as a retry. */
export function lost(state: RunState, task: string): RunEvent {
  if (taskOf(state, task).lostInARow + 1 >= MOST_LOST) {
    const message = `its agent process disappeared ${String(MOST_LOST)} times in a row`;
    return { type: 'task_failed', task, reason: 'lost', message };
  }
  const next = { kind: 'continue' as const, note: 'The agent process disappeared; how it ended is unknown.' };
  return { type: 'task_requeued', task, why: 'lost', next };
}

/**
 * Attempts that were announced but not seen running. If one was never started, it is void, and the task continues as if
 * it had not been announced.
 */
export function onlyAnnounced(state: RunState): readonly { readonly task: string; readonly attempt: number }[] {
  return [...state.tasks.values()].flatMap(({ id, attempt, state: task }) =>
    task.state === 'running' && task.process.kind === 'intended' ? [{ task: id, attempt }] : [],
  );
}

/** The event for an announced attempt that never started. */
export function voided({ task, attempt }: { readonly task: string; readonly attempt: number }): RunEvent {
  return { type: 'attempt_void', task, attempt };
}
