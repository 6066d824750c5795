import type { PlannedTask } from '../../core/plan/plan.js';
import { retryOrFail, type Failure } from '../../core/run/rules/retry.js';
import type { Run } from './run.js';

/** Records a failure: another attempt in the same worktree, or the end of the task. */
export async function failOrRetry(run: Run, task: PlannedTask, failure: Failure): Promise<void> {
  const told = { ...failure, message: run.redact(failure.message) };
  await run.ledger.record(retryOrFail(run.ledger.state, task, told, run.now()));
}
