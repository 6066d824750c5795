const PARTS = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/;
const SECOND_MS = 1000;

/**
 * `20261121-080512-a1b2`, in UTC, valid in a ref; `ending`: four hex digits. Always sorts after `newest` (the newest
 * run's id or null), even if that is from the same second, or the clock was set back.
 */
export function nextRunId(now: Date, newest: string | null, ending: string): string {
  const after = newest === null ? null : timeOf(newest);
  const earliest = after === null ? 0 : after + SECOND_MS;
  const time = new Date(Math.max(now.getTime(), earliest)).toISOString();
  return `${time.replace(/[-:]/g, '').replace('T', '-').slice(0, 15)}-${ending}`;
}

/** In ms since 1970; null if the name is not a run id. */
function timeOf(runId: string): number | null {
  const [, year, month, day, hour, minute, second] = PARTS.exec(runId) ?? [];
  const time = Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`);
  return Number.isNaN(time) ? null : time;
}
