import type { PlannedTask } from '../../core/plan/plan.js';
import { retryDelayMs } from '../../core/run/retry-delay.js';
import type { FailureReason } from '../../core/run/task-state.js';
import { recordOf, type Run } from './run.js';

export interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
  readonly retryable: boolean;
}

/** A journal record stays small; what an agent said last is at the end of it and is short itself. */
const MOST_CHARACTERS = 4000;

/** Another attempt in the same worktree while the task has retries left, else failed. */
export async function retryOrFail(run: Run, task: PlannedTask, failure: Failure): Promise<void> {
  const { retriesUsed } = recordOf(run, task.id);
  const { reason } = failure;
  const message = run.redact(failure.message).slice(0, MOST_CHARACTERS);
  if (!failure.retryable || retriesUsed >= task.retries) {
    await run.ledger.record({ type: 'task_failed', task: task.id, reason, message });
    return;
  }
  const notBefore = new Date(run.now().getTime() + retryDelayMs(retriesUsed)).toISOString();
  await run.ledger.record({ type: 'task_retrying', task: task.id, reason, message, notBefore });
}
