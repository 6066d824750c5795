import { clipped } from '../text/bounds.js';
import { printable } from '../text/untrusted-text.js';

/** Longer than any path, id or flag of a tool; only a mistake or an attack exceeds it. */
const MOST_CHARACTERS = 4096;
/** As many as the tasks in a plan. */
const MOST_ENTRIES = 500;
/** Tools take only lists of words, so this is generous. */
const DEEPEST = 8;

/** What is too large in the input of a tool, without quoting it; null if nothing is. */
export function longestValue(input: unknown, at = 'the input', depth = 0): string | null {
  if (depth > DEEPEST) return `${at} is nested deeper than ${String(DEEPEST)} levels`;
  if (typeof input === 'string') {
    return input.length <= MOST_CHARACTERS
      ? null
      : `${at} has ${String(input.length)} characters; at most ${String(MOST_CHARACTERS)} are allowed`;
  }
  if (typeof input !== 'object' || input === null) return null;
  const entries = Object.entries(input);
  if (entries.length > MOST_ENTRIES)
    return `${at} has ${String(entries.length)} entries; at most ${String(MOST_ENTRIES)} are allowed`;
  const isList = Array.isArray(input);
  for (const [key, value] of entries) {
    const name = isList ? `${at.slice(0, 200)}[${key}]` : printable(clipped(key));
    const found = longestValue(value, name, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
