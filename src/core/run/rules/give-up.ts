import { mergeHeld } from '../merge-held.js';
import { mergeAgain } from '../../held/finding.js';
import type { RunEvent } from '../events.js';
import { taskOf, type RunState } from '../run-state.js';

/** What a job was for: a task's own (prepare, start, settle, stop) or a merge that begins with the task. */
export interface GivenUp {
  readonly kind: 'task' | 'merge';
  readonly task: string;
}

/**
 * A job failed again and again for a reason nobody foresaw. What it was for ends with that reason, so that the rest
 * of the run goes on and a later retry starts clean. Null where there is nothing to end any more.
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
