/**
 * Everything that drives a terminal or changes the order of what it shows: C0 and C1 controls but newline and tab,
 * Unicode's line breaks, bidirectional controls, zero-width characters. U+200D stays: it joins emoji.
 */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/**
 * Text as it may go to a terminal: what would not be seen is spelled `\u001b`. JSON spells it the same way inside
 * strings, so a JSON document is still the same document afterwards.
 */
export function screenText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(UNSEEN, (unseen) => `\\u${(unseen.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
