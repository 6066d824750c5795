import { mergeHeld } from '../merge-held.js';
import { mergeAgain } from '../../held/finding.js';
import type { RunEvent } from '../events.js';
import type { RunState, TaskRecord } from '../run-state.js';
import { heldOfTask, isSettled } from '../task-state.js';

/** Aborts the run; a finished one stays as it is. */
export function abortRun({ phase }: RunState): readonly RunEvent[] {
  return phase.kind === 'running' || phase.kind === 'paused' ? [{ type: 'run_aborting' }] : [];
}

/** Held work can be aborted; other settled tasks stay as they are. */
export function canBeAborted({ state }: TaskRecord): boolean {
  return !isSettled(state) || heldOfTask(state) !== null;
}

/**
 * The event for a task whose agent has been stopped and settled: finished work waits to be merged, unless it is held.
 * Null if the task is to be aborted.
 */
export function keptByAbort(runId: string, { id, state }: TaskRecord): RunEvent | null {
  if (state.state !== 'merge_pending' || heldOfTask(state) !== null) return null;
  return mergeHeld(id, 'the task was aborted after its agent had finished', mergeAgain(runId, id));
}

export function aborted(task: string): RunEvent {
  return { type: 'task_aborted', task };
}
