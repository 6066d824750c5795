import type { RunEvent } from '../../core/run/events.js';
import type { Plan } from '../../core/plan/plan.js';
import { applyRecord, replay } from '../../core/run/replay.js';
import type { RunState } from '../../core/run/run-state.js';
import type { Journal } from '../../store/journal/journal.js';

/** The journal and the state it adds up to, kept in step: nothing is in the state that is not on disk. */
export interface Ledger {
  readonly state: RunState;
  /** Appends and applies, in the order of the calls; resolves when it is on disk. */
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
      // Jobs run side by side; their records go one group after the other.
      const write = last.then(async () => {
        // What the lifecycle does not allow must not get on disk: every later replay would fail on it.
        events.reduce((next, event) => applyRecord(next, { seq: next.seq + 1, at: '', event }), state);
        const records = await journal.append([...events]);
        state = records.reduce(applyRecord, state);
      });
      last = write.catch(() => undefined); // the caller of this group has the error
      return write;
    },
  };
}
