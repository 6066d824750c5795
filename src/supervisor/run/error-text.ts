/** The text of an error for a journal or a log; git's own message if git failed. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
