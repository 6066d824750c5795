import { pauseEnd } from '../../agents/base/reset-time.js';
import type { RunEvent } from '../events.js';

/**
 * A rate or usage limit is not a failure: the whole run waits, then the same session continues. `until`: ISO time, if
 * known.
 */
export function rateLimited(task: string, until: string | null, now: Date): readonly RunEvent[] {
  const end = pauseEnd(until, now);
  return [
    { type: 'task_rate_limited', task, until: end },
    { type: 'run_paused', reason: 'a rate or usage limit was reached', until: end },
  ];
}
