import type { RunEvent } from '../../../src/core/run/events.js';
import type { Lease } from '../../../src/core/base/lease.js';
import { openJournal } from '../../../src/store/journal/journal.js';

/** One group of events is one write: so many at a time make a long journal quickly. */
const AT_ONCE = 1000;

/**
 * Appends events without consequences until the journal of a run without supervisor has `events` of them. `queued`:
 * tasks that have not begun.
 */
export async function lengthenJournal(
  path: string,
  runId: string,
  queued: readonly string[],
  events: number,
): Promise<void> {
  const lease: Lease = { runId, generation: 1, assertHeld: () => undefined };
  const journal = await openJournal(path, lease);
  let length = journal.records.length;
  while (length < events) {
    const more = Array.from({ length: Math.min(AT_ONCE, events - length) }, (_, at): RunEvent => ({
      type: 'task_released',
      task: queued[at % queued.length] ?? '',
    }));
    await journal.append(more);
    length += more.length;
  }
  await journal.close();
}
