import { clipped } from '../text/bounds.js';
import { withoutMarkers } from './pull-marker.js';
import type { Redactor } from '../text/redact.js';
import { printable } from '../text/untrusted-text.js';
import { shownText } from '../text/shown-text.js';

/** Forges do not wrap lines in a block of code. */
const LINE_WIDTH = 100;

/**
 * Untrusted text as a block of code: nothing in it is Markdown or HTML, notifies anybody or closes an issue. Invisible
 * characters are shown, secrets replaced, long lines wrapped. At most `most` characters.
 */
export function fenced(text: string, redact: Redactor, most: number): string {
  const shown = clipped(withoutMarkers(shownText(clipped(redact(text).trim(), most))), most);
  const lines = shown.split('\n').flatMap(wrapped);
  return block(lines, 'text');
}

/** Lines as a block of code. The fence is longer than any in the lines. */
export function block(lines: readonly string[], language: string): string {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence].join('\n');
}

/** A name, path or command in a sentence: shown as it is, on one line. */
export function inlineCode(text: string, most = 200): string {
  const shown = clipped(printable(clipped(text, most)), most);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${fence}${space}${shown}${space}${fence}`;
}

/** Breaks a long line at its blanks; what has none stays whole. */
function wrapped(line: string): string[] {
  if (line.length <= LINE_WIDTH) return [line];
  const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = '';
  for (const word of line.trim().split(/ +/)) {
    if (current !== '' && current.length + 1 + word.length > LINE_WIDTH - indent.length) {
      lines.push(indent + current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, indent + current];
}
