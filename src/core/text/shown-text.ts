/*
 * Text from a repository or an agent is shown completely: an invisible character is shown
 * as its escape. The only definition of these characters in o8.
 */

/**
 * Control characters, line separators, bidirectional and zero-width characters, tags, variation selectors, fillers
 * (Hangul, braille), unusual spaces, halves of surrogate pairs. Look-alike letters are not detected.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufffc]/gu;
/**
 * Emoji can be followed by a variation selector, or be joined to one picture; these selectors and joiners are allowed.
 */
const PICTURE_BEFORE = /\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?$/u;
const PICTURE_AFTER = /^\p{Extended_Pictographic}/u;

/**
 * No language has this many combining marks on one letter; more would cover the lines around, as does a mark without a
 * letter.
 */
const MARKS = /(?<=^|[\n\t ])(\p{M}+)|(?<=\p{M}{4})(\p{M}+)/gu;

/** Two columns wide on a terminal: East Asian characters and pictures. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1aff0}-\u{1b2ff}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}\p{Extended_Pictographic}]/u;

const BLANKS = /[ \t]{9,}/g;
/** Deeper than code is indented, counting a tab as two; a longer run can move the text after it off the screen. */
const MOST_BLANKS = 16;
/** This many empty lines can scroll the text before them off the screen. */
const MOST_EMPTY_LINES = 3;

/** Whether a line contains an invisible character. */
export function hasHidden(line: string): boolean {
  return escapeHidden(line) !== line;
}

/** Shows invisible characters as `\u{200b}`; newlines and tabs too. */
export function escapeHidden(text: string): string {
  return respellHidden(text, escaped);
}

/** The same with a different notation. */
export function respellHidden(text: string, spell: (hidden: string) => string): string {
  return text
    .replace(HIDDEN, (hidden, at: number) => (isPartOfPicture(hidden, at, text) ? hidden : spell(hidden)))
    .replace(MARKS, (marks) => Array.from(marks, (mark) => spell(mark)).join(''));
}

/** The same, but keeps tabs. */
export function escapeHiddenButTabs(line: string): string {
  return line.split('\t').map(escapeHidden).join('\t');
}

function isPartOfPicture(hidden: string, at: number, text: string): boolean {
  const before = (): string => text.slice(Math.max(0, at - 4), at); // two characters outside the basic plane
  switch (hidden) {
    case '\ufe0f':
      // a digit followed by the keycap character
      return /\p{Extended_Pictographic}$/u.test(before()) || text[at + 1] === '\u20e3';
    case '\u200d':
      return PICTURE_BEFORE.test(before()) && PICTURE_AFTER.test(text.slice(at + 1, at + 3));
    default:
      return false;
  }
}

/** Replaces long runs of blanks with their number: `[34 blanks]`. */
export function countBlanks(line: string): string {
  return line.replace(BLANKS, (run) => {
    const tabs = run.split('\t').length - 1;
    return run.length + tabs > MOST_BLANKS ? `[${String(run.length)} blanks]` : run;
  });
}

/** A text of several lines as the user must see it before accepting it: nothing hidden, nothing shortened. */
export function shownText(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => countBlanks(escapeHiddenButTabs(line)));
  return countEmptyLines(lines).join('\n');
}

function countEmptyLines(lines: readonly string[]): string[] {
  const shown: string[] = [];
  let empty = 0;
  const flush = (): void => {
    if (empty > MOST_EMPTY_LINES) shown.push(`[${String(empty)} empty lines]`);
    else shown.push(...Array<string>(empty).fill(''));
    empty = 0;
  };
  for (const line of lines) {
    if (/^[ \t]*$/.test(line)) {
      empty += 1;
      continue;
    }
    flush();
    shown.push(line);
  }
  flush();
  return shown;
}

/**
 * Lines of at most `width` columns for a terminal, each after `margin`, so that the text cannot be mistaken for o8's
 * own; continuation lines start with `continued`. `text` comes from `shownText`.
 */
export function wrappedLines(text: string, width: number, margin = '  | ', continued = '  : '): string[] {
  const room = Math.max(20, width - margin.length);
  return text.split('\n').flatMap((line) => {
    const parts: string[] = [];
    let part = '';
    let used = 0;
    for (const character of line.replaceAll('\t', '    ')) {
      const columns = WIDE.test(character) ? 2 : 1;
      if (used + columns > room) {
        parts.push(part);
        part = '';
        used = 0;
      }
      part += character;
      used += columns;
    }
    parts.push(part);
    return parts.map((each, at) => `${at === 0 ? margin : continued}${each}`.trimEnd());
  });
}

function escaped(hidden: string): string {
  return `\\u{${(hidden.codePointAt(0) ?? 0).toString(16)}}`;
}
