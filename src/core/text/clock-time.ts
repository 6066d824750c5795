const DAY_MS = 24 * 60 * 60 * 1000;

/** `14:05:09` in the reader's time zone, with the date (`2026-11-22 14:05:09`) if it is a day or more away. */
export function clockTime(time: Date, now: Date): string {
  const clock = time.toTimeString().slice(0, 8);
  if (Math.abs(time.getTime() - now.getTime()) < DAY_MS) return clock;
  const day = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, '0'));
  return `${day.join('-')} ${clock}`;
}
