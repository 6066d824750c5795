/** Controls, bidirectional overrides, zero-width characters and line separators: what a reader cannot see. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u;
const HIDDEN_ALL = new RegExp(HIDDEN.source, 'gu');
/** A quoted piece of somebody's file only has to be recognised, not read whole. */
const QUOTE_LIMIT = 80;

/** Whether one line of text holds a character that does not show on a terminal. */
export function hasHiddenCharacters(line: string): boolean {
  return HIDDEN.test(line);
}

/** The same for text of several lines: newlines and tabs are what they look like. */
export function hasHiddenCharactersInLines(text: string): boolean {
  return HIDDEN.test(text.replace(/\r?\n|\t/g, ''));
}

/** Text of somebody else for a message: what would not show is spelled out. */
export function printable(text: string): string {
  return text.replace(HIDDEN_ALL, (hidden) => `\\u{${(hidden.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same in quotes, cut when it is long. */
export function quote(text: string): string {
  return `"${printable(text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text)}"`;
}
