import { doneRef } from '../../core/plan/own-refs.js';
import { pinRef } from '../../git/refs/refs.js';
import type { Run } from './run.js';

/** A task's work is on its branch at `tip`. From here on git keeps that commit, whatever becomes of the branch. */
export async function recordDone(
  run: Run,
  done: { task: string; tip: string; commits: number; notes: readonly string[] },
): Promise<void> {
  run.lease.assertHeld();
  await pinRef(run.repo, doneRef(run.plan.runId, done.task), done.tip);
  await run.ledger.record({ type: 'task_done', ...done, notes: [...done.notes] });
}
