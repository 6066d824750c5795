import { countBlanks, escapeHidden, hasHidden } from './shown-text.js';

/** A quoted piece of somebody's file only has to be recognised, not read whole. */
const QUOTE_LIMIT = 80;

/** Whether one line of text holds a character that does not show on a terminal. */
export function hasHiddenCharacters(line: string): boolean {
  return hasHidden(line);
}

/** The same for text of several lines: newlines and tabs are what they look like. */
export function hasHiddenCharactersInLines(text: string): boolean {
  return hasHidden(text.replace(/\r?\n|\t/g, ''));
}

/** Text of somebody else for a message: what would not show is spelled out. */
export function printable(text: string): string {
  return countBlanks(escapeHidden(text));
}

/** The same in quotes, cut when it is long. */
export function quote(text: string): string {
  return `"${printable(text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text)}"`;
}
