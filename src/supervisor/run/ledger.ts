import type { RunEvent } from '../../core/run/events.js';
import type { Plan } from '../../core/plan/plan.js';
import { applyRecord, replay } from '../../core/run/replay.js';
import type { RunState } from '../../core/run/run-state.js';
import type { Journal } from '../../store/journal/journal.js';

/** The journal and the state computed from it. The state contains only what is on disk. */
export interface Ledger {
  readonly state: RunState;
  /** Appends the events and applies them to the state, in the order of the calls; resolves when they are on disk. */
  record(...events: readonly RunEvent[]): Promise<void>;
}

export function openLedger(plan: Plan, journal: Journal): Ledger {
  let state = replay(plan, journal.records);
  let last: Promise<void> = Promise.resolve();
  return {
    get state() {
      return state;
    },
    async record(...events) {
      // Jobs run concurrently; their groups of records are written one after the other.
      const write = last.then(async () => {
        // An event that the lifecycle does not allow must not be written, because every later replay would fail.
        events.reduce((next, event) => applyRecord(next, { seq: next.seq + 1, at: '', event }), state);
        const records = await journal.append([...events]);
        state = records.reduce(applyRecord, state);
      });
      last = write.catch(() => undefined); // the caller of this group gets the error
      return write;
    },
  };
}
