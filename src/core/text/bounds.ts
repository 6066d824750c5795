/** The most that a model is given of a log or of the output of a program; more costs it tokens and says no more. */
export const MODEL_BYTES = 16 * 1024;
/** A name or value that is quoted only has to be recognised. */
const QUOTED_CHARACTERS = 80;
/** Of one line of a message: a command or a path fits, a value of megabytes does not. */
const LINE_CHARACTERS = 1000;

/** The beginning of a text, with how long it is when it is longer than `most` characters. */
export function clipped(text: string, most = QUOTED_CHARACTERS): string {
  return text.length <= most ? text : `${wellFormed(text.slice(0, most))}… (${String(text.length)} characters)`;
}

/**
 * A message or hint with no line longer than a path may be, and no longer than a model is given altogether: whatever
 * was put into it came from an argument, a file or another program.
 */
export function boundedMessage(text: string): string {
  if (text.length <= LINE_CHARACTERS) return text;
  const lines = text.split('\n').map((line) => clipped(line, LINE_CHARACTERS));
  return firstWithin(lines, MODEL_BYTES).join('\n');
}

/** The first lines that fit into so many bytes, and how many were left out. */
function firstWithin(lines: readonly string[], bytes: number): string[] {
  let left = bytes;
  const end = lines.findIndex((line) => (left -= Buffer.byteLength(line) + 1) < 0);
  return end < 0 ? [...lines] : [...lines.slice(0, end), `… (${String(lines.length - end)} more lines)`];
}

/**
 * The last lines that fit into so many bytes; of a last line that alone is longer, its end. `more` is whether anything
 * was left out.
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
  const end = Buffer.from(line).subarray(-Math.max(0, bytes - 4)); // room for the mark
  const whole = end.findIndex((byte) => (byte & 0xc0) !== 0x80); // not in the middle of a character
  return `…${end.subarray(Math.max(0, whole)).toString('utf8')}`;
}

/** Without the half of a surrogate pair that was cut. */
function wellFormed(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}
