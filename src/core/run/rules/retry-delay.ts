/** One second is enough for many temporary faults; more than a minute would annoy a waiting user. */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** Pause before retry number `retriesUsed + 1`: doubling from one second to one minute. */
export function retryDelayMs(retriesUsed: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(retriesUsed, 16));
}
