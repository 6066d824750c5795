import { doneRef } from '../../core/plan/own-refs.js';
import type { RunEvent } from '../../core/run/events.js';
import { pinRef } from '../../git/refs/refs.js';
import type { Run } from './run.js';

/**
 * Records that a task's work is on its branch at `tip`, and `more` with it. A ref keeps that commit even if the branch is
 * deleted.
 */
export async function recordDone(
  run: Run,
  done: { task: string; tip: string; commits: number; notes: readonly string[] },
  more: readonly RunEvent[] = [],
): Promise<void> {
  run.lease.assertHeld();
  await pinRef(run.repo, doneRef(run.plan.runId, done.task), done.tip);
  await run.ledger.record({ type: 'task_done', ...done, notes: [...done.notes] }, ...more);
}
