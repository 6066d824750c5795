import { inTerminal, type Text } from '../base/text.js';
import type { Held } from '../held/finding.js';
import type { RunEvent } from './events.js';

/**
 * The event of a merge that has to wait. The hint is also recorded as plain text, because older versions read only
 * that.
 */
export function mergeHeld(
  task: string,
  reason: string,
  hint: Text,
  held?: Held,
): Extract<RunEvent, { type: 'merge_held' }> {
  return {
    type: 'merge_held',
    task,
    reason,
    hint: inTerminal(hint),
    ...(typeof hint === 'string' ? {} : { next: hint }),
    ...(held === undefined ? {} : { held }),
  };
}
