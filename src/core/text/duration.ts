/** A duration for people: `42s`, `3m 5s`, `1h 2m`. */
export function duration(from: Date, to: Date): string {
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  if (seconds < 60) return `${String(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${String(minutes)}m ${String(seconds % 60)}s`
    : `${String(Math.floor(minutes / 60))}h ${String(minutes % 60)}m`;
}

/** A limit set in minutes: `120 min`, or `6 s` if it is below one minute. */
export function minutesText(minutes: number): string {
  return minutes < 1 ? `${String(Math.round(minutes * 600) / 10)} s` : `${String(minutes)} min`;
}
