const MARKER = /\n*<!-- o8:beads [^\n]*? -->\s*$/;

/** The last line of a comment of o8's, by which it is found again: the task's `number`-th in this run. */
export function commentMarker(runId: string, task: string, number: number): string {
  return `<!-- o8:beads ${runId} ${task} ${String(number)} -->`;
}

export function withoutMarker(text: string): string {
  return text.replace(MARKER, '');
}
