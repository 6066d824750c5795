/**
 * A line that no reader of the text sees and that names what it is about, such as `<!-- o8:pull-request demo-9ae.1 -->`.
 * Pull requests and comments are found again by it. `about` is any text, for instance a task id.
 */
export function markerOf(kind: 'pull-request' | 'conflict' | 'review' | 'feedback', about: string): string {
  return `<!-- o8:${kind} ${encodeURIComponent(about).replaceAll('--', '-%2D')} -->`;
}

/** Whether a line of the text is the marker; people and bots add lines before and after it. */
export function hasMarker(text: string, marker: string): boolean {
  return text.split(/\r?\n/).some((line) => line.trim() === marker);
}

/** Untrusted text in which nothing can be taken for a marker. */
export function withoutMarkers(text: string): string {
  return text.replaceAll('<!-- o8:', '< !-- o8:');
}

/** The text with the marker as its last line. */
export function withMarker(text: string, marker: string): string {
  return `${text.trimEnd()}\n\n${marker}`;
}
