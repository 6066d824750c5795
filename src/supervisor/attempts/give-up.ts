import type { Run } from '../run/run.js';
import { recordOf } from '../run/run.js';

/**
 * A job failed again and again for a reason nobody foresaw. What it was for ends with that reason, so that the rest
 * of the run goes on and a later retry starts clean. Keys: `task:<id>`, `merge:<id>`, `validate`.
 */
export async function giveUp(run: Run, key: string, failure: string): Promise<void> {
  const message = run.redact(failure).slice(0, 2000); // a journal record stays small
  const kind = key.slice(0, key.indexOf(':'));
  const task = key.slice(key.indexOf(':') + 1);
  if (kind === 'merge') {
    const hint = `o8 merge --run ${run.plan.runId} --task ${task}`;
    if (recordOf(run, task).state.state === 'merge_pending') {
      await run.ledger.record({ type: 'merge_held', task, reason: message, hint });
    }
    return;
  }
  if (kind !== 'task') throw new Error(`${key}: ${message}`);
  const { state } = recordOf(run, task).state;
  switch (state) {
    case 'queued':
    case 'worktree_created':
      await run.ledger.record({ type: 'task_failed', task, reason: 'worktree_failed', message });
      return;
    case 'running':
    case 'merge_pending':
      await run.ledger.record({ type: 'task_failed', task, reason: 'agent_error', message });
      return;
    case 'merge_conflict':
    case 'complete':
    case 'failed':
    case 'blocked':
    case 'skipped':
    case 'aborted':
      return;
  }
}
