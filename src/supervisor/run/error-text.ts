/** What an error says, for a journal or a log; git's own words when git failed. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
