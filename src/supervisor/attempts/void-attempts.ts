import { onlyAnnounced, voided } from '../../core/run/rules/lost.js';
import type { PlacedAttempt } from '../../core/run/place.js';
import { placedAttempt, type Run } from '../run/run.js';

/**
 * An attempt that an earlier supervisor announced and that never started does not count as lost. It is fenced, so that
 * a late shim starts nothing, and the task continues as if the attempt had not been announced.
 */
export async function voidAttempts(run: Run): Promise<void> {
  for (const announced of onlyAnnounced(run.ledger.state)) {
    const attempt = placedAttempt(run, announced.task, announced.attempt);
    if (await neverBegins(run, attempt)) await run.ledger.record(voided(announced));
  }
}

async function neverBegins({ place }: Run, attempt: PlacedAttempt): Promise<boolean> {
  switch ((await place.status(attempt)).kind) {
    case 'unclaimed':
      return (await place.fence(attempt)) === 'voided';
    case 'void':
      return true;
    case 'starting':
    case 'running':
    case 'ended':
    case 'lost':
      return false;
  }
}
