import { onlyAnnounced, voided } from '../../core/run/rules/lost.js';
import { readAttempt, voidAttempt } from '../../process/attempts/attempt.js';
import { attemptOf, type Run } from '../run/run.js';

/**
 * What an earlier owner announced and nobody began is no lost agent: it is fenced, so that a late shim starts nothing,
 * and the task goes on as if the attempt had never been announced.
 */
export async function voidAttempts(run: Run): Promise<void> {
  for (const announced of onlyAnnounced(run.ledger.state)) {
    const { dir } = attemptOf(run, announced.task, announced.attempt);
    if (await neverBegins(dir)) await run.ledger.record(voided(announced));
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
