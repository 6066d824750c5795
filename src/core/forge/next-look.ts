import type { ForgeTrouble } from './forge.js';

/** Checks take minutes: a merge is late by half of this on average. 120 requests an hour of the 5000 that GitHub allows. */
const LOOK_MS = 30_000;
/** While nothing changes, such as overnight, a look every five minutes is enough. */
const SLOWEST_MS = 5 * 60_000;
const SLOWER = 1.5;
/** GitHub asks for a minute at least where it names no time, and for longer pauses each time. */
const LIMITED_MS = 60_000;
const LONGEST_LIMIT_MS = 15 * 60_000;
/** The clocks of the forge and of this machine differ by seconds. */
const CLOCK_MS = 2_000;

export interface LooksSoFar {
  /** Looks in a row that showed nothing new, and that failed. */
  readonly unchanged: number;
  readonly failed: number;
  /** How the last look failed; null if it was answered. */
  readonly trouble: ForgeTrouble | null;
}

/** Milliseconds until the pull requests are looked at again; `now` in milliseconds. */
export function nextLookMs({ unchanged, failed, trouble }: LooksSoFar, now: number): number {
  if (trouble === null) return Math.min(SLOWEST_MS, Math.round(LOOK_MS * SLOWER ** Math.min(unchanged, 50)));
  const again = Math.min(LONGEST_LIMIT_MS, LIMITED_MS * 2 ** Math.min(Math.max(0, failed - 1), 10));
  switch (trouble.kind) {
    case 'rate_limited': {
      const until = trouble.until === null ? NaN : Date.parse(trouble.until);
      return Number.isNaN(until) ? again : Math.max(LIMITED_MS, until - now + CLOCK_MS);
    }
    case 'unreachable':
    case 'unknown':
      return Math.min(SLOWEST_MS, again / 2);
    case 'refused':
    case 'no_login':
      return SLOWEST_MS;
  }
}
