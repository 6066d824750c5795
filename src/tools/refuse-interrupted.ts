import { O8Error } from '../core/errors.js';
import type { LoadedRun } from './load-run.js';

/** Somebody who merges or cleans up an abandoned run does not mean to start its agents again. */
export function refuseInterrupted(tool: string, { plan, state, ownerAlive }: LoadedRun): void {
  if (ownerAlive || state.phase.kind === 'finished') return;
  throw new O8Error(
    'refused',
    `run ${plan.runId} is interrupted: ${tool} needs it to be over or going on`,
    'o8 spawn --resume (goes on with it) or o8 abort (ends it), then the same command again',
  );
}
