import type { CriticalSection } from '../../../src/core/base/lease.js';

/** A critical section inside one process: each work starts when the one before it has ended. */
export function inTurn(): CriticalSection {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined); // the caller hears of it through `mine`
    return mine;
  };
}
