import { mergeHeld } from '../merge-held.js';
import { mergeAgain } from '../../held/finding.js';
import type { RunEvent } from '../events.js';
import type { RunState, TaskRecord } from '../run-state.js';
import { heldOfTask, isSettled } from '../task-state.js';

/** A person stops the run; what is over stays as it is. */
export function abortRun({ phase }: RunState): readonly RunEvent[] {
  return phase.kind === 'running' || phase.kind === 'paused' ? [{ type: 'run_aborting' }] : [];
}

/** Held work may be given up; whatever else is settled is left as it is. */
export function canBeAborted({ state }: TaskRecord): boolean {
  return !isSettled(state) || heldOfTask(state) !== null;
}

/**
 * Of a task whose agent has been stopped and settled: what is held is given up; other finished work waits to be merged.
 * Null: nothing of it is finished, and it is aborted.
 */
export function keptByAbort(runId: string, { id, state }: TaskRecord): RunEvent | null {
  if (state.state !== 'merge_pending' || heldOfTask(state) !== null) return null;
  return mergeHeld(id, 'the task was aborted after its agent had finished', mergeAgain(runId, id));
}

export function aborted(task: string): RunEvent {
  return { type: 'task_aborted', task };
}
