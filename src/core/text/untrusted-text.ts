import { countBlanks, escapeHidden, hasHidden } from './shown-text.js';

/** A quoted part of a file only has to be recognized. */
const QUOTE_LIMIT = 80;

/** Whether one line of text contains a character that a terminal does not show. */
export function hasHiddenCharacters(line: string): boolean {
  return hasHidden(line);
}

/** The same for text of several lines; newlines and tabs are allowed. */
export function hasHiddenCharactersInLines(text: string): boolean {
  return hasHidden(text.replace(/\r?\n|\t/g, ''));
}

/** Untrusted text for a message: invisible characters are escaped. */
export function printable(text: string): string {
  return countBlanks(escapeHidden(text));
}

/** The same in quotes, shortened if it is long. */
export function quote(text: string): string {
  return `"${printable(text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text)}"`;
}
