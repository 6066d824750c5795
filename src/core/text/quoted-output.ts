import { sanitizeLine } from './terminal-text.js';
import { clipped, lastWithin } from './bounds.js';

/** Enough for the lines with a program's error message; the rest is in its log. */
const MOST_LINES = 12;
const MOST_BYTES = 1500;
const LINE_CHARACTERS = 300;

/**
 * The last lines of a program's output for a message, oldest first: without escape sequences and empty lines at either
 * end. Of a progress display, only the last state of its line.
 */
export function quotedOutput(output: string): string[] {
  const lines = output
    .split(/\r?\n|[\u2028\u2029]/)
    .map((line) => sanitizeLine(line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1)).trimEnd());
  const first = lines.findIndex((line) => line !== '');
  const last = lines.findLastIndex((line) => line !== '');
  if (first < 0) return [];
  const end = lines.slice(Math.max(first, last + 1 - MOST_LINES), last + 1);
  return lastWithin(
    end.map((line) => clipped(line, LINE_CHARACTERS)),
    MOST_BYTES,
  ).lines;
}
