/** One second lets a passing fault pass without a person noticing; a minute is as long as a person likes to wait. */
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** Pause before retry number `retriesUsed + 1`: doubling from one second to one minute. */
export function retryDelayMs(retriesUsed: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(retriesUsed, 16));
}
