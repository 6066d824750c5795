const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY_MS = 86_400_000;
/** The longest limits are monthly: a later time was misread. */
const LONGEST_WAIT_MS = 32 * DAY_MS;

const EPOCH = /\|\s*(\d{10})(\d{3})?\b/;
const ISO = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)/;
const DURATION = /\b(?:resets?|retry|again) (?:in|after) (\d+) ?(s|m|h|d)/i;
const CLOCK =
  /\bresets? (?:at |on )?(?:([a-z]{3})[a-z]* (\d{1,2})(?:, (\d{4}))?(?:,? at |, | ))?(\d{1,2})(?::(\d\d))? ?([ap])m?(?:\.m\.)?(?: \(([\w/+-]+)\))?/i;

/**
 * When a limit ends, as ISO time, read from messages of Claude Code: `… limit reached|1795250000`, `resets 3pm
 * (Europe/Berlin)`, `resets Nov 25, 9:30am (UTC)`, `resets in 45m`. Null when the text does not say. A clock time without
 * a zone is in `timeZone`.
 */
export function resetTimeIn(text: string, now: Date, timeZone: string): string | null {
  const found = epoch(text) ?? iso(text) ?? duration(text, now) ?? clock(text, now, timeZone);
  return found === null ? null : plausibleReset(found, now);
}

/** Milliseconds since 1970 as ISO time; null when no limit could end then. */
export function plausibleReset(at: number, now: Date): string | null {
  const wait = at - now.getTime();
  return Number.isFinite(wait) && wait > -DAY_MS && wait < LONGEST_WAIT_MS ? new Date(at).toISOString() : null;
}

/** The wait after a limit that should have ended already: clocks differ by some seconds. */
const AFTER_THE_END_MS = 60_000;
/** The wait for a limit without a known end. */
const DEFAULT_PAUSE_MS = 5 * 60_000;

/** Until when a run waits for a limit that ends at `until` (ISO time, null if unknown). */
export function pauseEnd(until: string | null, now: Date): string {
  if (until !== null && new Date(until) > now) return until;
  return new Date(now.getTime() + (until === null ? DEFAULT_PAUSE_MS : AFTER_THE_END_MS)).toISOString();
}

function epoch(text: string): number | null {
  const seconds = EPOCH.exec(text)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

function iso(text: string): number | null {
  const match = ISO.exec(text);
  return match === null ? null : Date.parse(match[0]);
}

function duration(text: string, now: Date): number | null {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return null;
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS }[unit.toLowerCase()];
  return unitMs === undefined ? null : now.getTime() + Number(amount) * unitMs;
}

function clock(text: string, now: Date, timeZone: string): number | null {
  const match = CLOCK.exec(text);
  if (match === null) return null;
  const [, monthName, day, year, hour12, minute = '0', half, namedZone] = match;
  const zone = namedZone !== undefined && isTimeZone(namedZone) ? namedZone : timeZone;
  const hour = (Number(hour12) % 12) + (half?.toLowerCase() === 'p' ? 12 : 0);
  const today = wallClock(now.getTime(), zone);
  if (monthName === undefined) {
    const at = instant([today.year, today.month, today.day, hour, Number(minute)], zone);
    // The next occurrence of that clock time.
    return at > now.getTime() ? at : instant([today.year, today.month, today.day + 1, hour, Number(minute)], zone);
  }
  const month = MONTHS.indexOf(monthName.toLowerCase());
  if (month < 0) return null;
  const at = instant([Number(year ?? today.year), month, Number(day), hour, Number(minute)], zone);
  const isPast = year === undefined && at < now.getTime() - LONGEST_WAIT_MS;
  return isPast ? instant([today.year + 1, month, Number(day), hour, Number(minute)], zone) : at;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

type WallClock = readonly [year: number, month: number, day: number, hour: number, minute: number];

/** The instant at which the clocks of `zone` show this; months from 0, days may run over. */
function instant([year, month, day, hour, minute]: WallClock, zone: string): number {
  const shown = Date.UTC(year, month, day, hour, minute);
  // The offset is looked up twice, because it differs when the clocks change in between.
  const guess = shown - offsetAt(shown, zone);
  return shown - offsetAt(guess, zone);
}

function offsetAt(at: number, zone: string): number {
  const { year, month, day, hour, minute, second } = wallClock(at, zone);
  return Date.UTC(year, month, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

function wallClock(at: number, zone: string) {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  return {
    year: part('year'),
    month: part('month') - 1,
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}
