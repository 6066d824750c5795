import { readAttempt, voidAttempt } from '../../process/attempts/attempt.js';
import { attemptOf, recordOf, type Run } from '../run/run.js';

/**
 * What an earlier owner announced and nobody began is no lost agent: it is fenced, so that a late shim starts nothing,
 * and the task goes on as if the attempt had never been announced.
 */
export async function voidAttempts(run: Run): Promise<void> {
  for (const { id } of run.plan.tasks) {
    const { state, attempt } = recordOf(run, id);
    // One that was seen alive was begun, even if its files are gone.
    if (state.state !== 'running' || state.process.kind !== 'intended') continue;
    if (!(await neverBegins(attemptOf(run, id, attempt).dir))) continue;
    await run.ledger.record({ type: 'attempt_void', task: id, attempt });
  }
}

async function neverBegins(dir: string): Promise<boolean> {
  switch ((await readAttempt(dir)).kind) {
    case 'unclaimed':
      return (await voidAttempt(dir)) === 'voided';
    case 'void':
      return true;
    case 'starting':
    case 'running':
    case 'ended':
    case 'lost':
      return false;
  }
}
