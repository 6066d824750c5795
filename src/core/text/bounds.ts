/** Limit for log or program output given to a model; more costs tokens without adding information. */
export const MODEL_BYTES = 16 * 1024;
/** A quoted name or value only has to be recognized. */
const QUOTED_CHARACTERS = 80;
/** Limit for one line of a message: long enough for a command or path. */
const LINE_CHARACTERS = 1000;

/** The beginning of a text, with its length if it is longer than `most` characters. */
export function clipped(text: string, most = QUOTED_CHARACTERS): string {
  return text.length <= most ? text : `${wellFormed(text.slice(0, most))}… (${String(text.length)} characters)`;
}

/**
 * Limits the length of each line and of the whole text of a message or hint, because it may quote an argument, a file
 * or another program.
 */
export function boundedMessage(text: string): string {
  if (text.length <= LINE_CHARACTERS) return text;
  const lines = text.split('\n').map((line) => clipped(line, LINE_CHARACTERS));
  return firstWithin(lines, MODEL_BYTES).join('\n');
}

/** The first lines that fit into this many bytes, and how many were omitted. */
function firstWithin(lines: readonly string[], bytes: number): string[] {
  let left = bytes;
  const end = lines.findIndex((line) => (left -= Buffer.byteLength(line) + 1) < 0);
  return end < 0 ? [...lines] : [...lines.slice(0, end), `… (${String(lines.length - end)} more lines)`];
}

/**
 * The last lines that fit into this many bytes; the end of the last line if that alone is longer. `more`: whether
 * anything was omitted.
 */
export function lastWithin(lines: readonly string[], bytes: number): { lines: string[]; more: boolean } {
  let left = bytes;
  let start = lines.length;
  while (start > 0) {
    left -= Buffer.byteLength(lines[start - 1] ?? '') + 1;
    if (left < 0) break;
    start -= 1;
  }
  const last = lines.at(-1);
  if (start === lines.length && last !== undefined) return { lines: [endOf(last, bytes)], more: true };
  return { lines: lines.slice(start), more: start > 0 };
}

function endOf(line: string, bytes: number): string {
  const end = Buffer.from(line).subarray(-Math.max(0, bytes - 4)); // leaves space for the mark
  const whole = end.findIndex((byte) => (byte & 0xc0) !== 0x80); // not inside a character
  return `…${end.subarray(Math.max(0, whole)).toString('utf8')}`;
}

/** Removes half of a surrogate pair at the cut. */
function wellFormed(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
