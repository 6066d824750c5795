import type { PauseResult } from '../../core/run/request-results.js';
import type { Request } from '../../core/run/requests.js';
import { pause, unpause } from '../../core/run/rules/pause.js';
import type { Run } from '../run/run.js';

type PauseRequest = Extract<Request, { kind: 'pause' }>;

/** What pausing needs from the loop. */
export interface PauseHost {
  readonly isBusy: (task: string) => boolean;
  /** Stops the task's agent so that it can be continued; runs concurrently with the loop. */
  readonly startStopping: (task: string) => void;
}

/**
 * One step of the user's pause; null until it is complete. `stopped` collects the stopped tasks over all calls for one
 * request.
 */
export async function pauseRun(
  run: Run,
  { agents }: PauseRequest,
  host: PauseHost,
  stopped: Set<string>,
): Promise<PauseResult | null> {
  const step = pause(run.ledger.state, { agents, isBusy: host.isBusy, stopped });
  await run.ledger.record(...step.events);
  for (const id of step.stop) {
    stopped.add(id);
    host.startStopping(id);
  }
  return step.answer;
}

export async function unpauseRun(run: Run): Promise<PauseResult> {
  const { events, answer } = unpause(run.ledger.state);
  await run.ledger.record(...events);
  return answer;
}
