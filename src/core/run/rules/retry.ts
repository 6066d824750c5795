import type { PlannedTask } from '../../plan/plan.js';
import type { RunEvent } from '../events.js';
import { retryDelayMs } from './retry-delay.js';
import { taskOf, type RunState } from '../run-state.js';
import type { FailureReason } from '../task-state.js';

export interface Failure {
  readonly reason: FailureReason;
  /** With secrets replaced. */
  readonly message: string;
  readonly retryable: boolean;
}

/** Keeps journal records small; the agent's quoted last lines, which are short, come at the end. */
const MOST_CHARACTERS = 4000;

/** Another attempt in the same worktree if the task has retries left, otherwise failure. */
export function retryOrFail(state: RunState, task: PlannedTask, failure: Failure, now: Date): RunEvent {
  const { retriesUsed } = taskOf(state, task.id);
  const { reason } = failure;
  const message = failure.message.slice(0, MOST_CHARACTERS);
  if (!failure.retryable || retriesUsed >= task.retries) {
    return { type: 'task_failed', task: task.id, reason, message };
  }
  const notBefore = new Date(now.getTime() + retryDelayMs(retriesUsed)).toISOString();
  return { type: 'task_retrying', task: task.id, reason, message, notBefore };
}
