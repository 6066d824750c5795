import { mergeHeld } from '../merge-held.js';
import { mergeAgain } from '../../held/finding.js';
import type { RunEvent } from '../events.js';
import { taskOf, type RunState } from '../run-state.js';

/** The job that failed: one of the task (prepare, start, settle, stop), or a merge that starts with it. */
export interface GivenUp {
  readonly kind: 'task' | 'merge';
  readonly task: string;
}

/**
 * The event after a job failed repeatedly for an unexpected reason. The task ends with that reason, so that the rest of
 * the run continues and a later retry starts cleanly. Null if the task has already ended.
 */
export function giveUp(runId: string, state: RunState, { kind, task }: GivenUp, why: string): RunEvent | null {
  const message = why.slice(0, 2000); // a journal record stays small
  const { state: name } = taskOf(state, task).state;
  if (kind === 'merge') {
    return name === 'merge_pending' ? mergeHeld(task, message, mergeAgain(runId, task)) : null;
  }
  switch (name) {
    case 'queued':
    case 'worktree_created':
      return { type: 'task_failed', task, reason: 'worktree_failed', message };
    case 'running':
    case 'merge_pending':
      return { type: 'task_failed', task, reason: 'agent_error', message };
    case 'merge_conflict':
    case 'complete':
    case 'failed':
    case 'blocked':
    case 'skipped':
    case 'aborted':
      return null;
  }
}
