import { describe, expect, it } from 'vitest';
import { escapeHidden, hasHidden, shownText, wrappedLines } from '../../../../src/core/text/shown-text.js';

describe('what would not be seen', () => {
  it.each([
    ['an escape sequence', 'a\u001b[2Kb', 'a\\u{1b}[2Kb'],
    ['a carriage return', 'rm\rls', 'rm\\u{d}ls'],
    ['an 8-bit control', 'a\u009bb', 'a\\u{9b}b'],
    ['bidirectional controls', 'a\u202eb\u2066c\u200f\u061c', 'a\\u{202e}b\\u{2066}c\\u{200f}\\u{61c}'],
    ['zero-width characters', 'a\u200b\u200c\u200d\u2060\ufeffb', 'a\\u{200b}\\u{200c}\\u{200d}\\u{2060}\\u{feff}b'],
    ['tags', 'a\u{e0001}\u{e0041}\u{e007f}b', 'a\\u{e0001}\\u{e0041}\\u{e007f}b'],
    ['Hangul fillers', '\u115f\u1160\u3164\uffa0', '\\u{115f}\\u{1160}\\u{3164}\\u{ffa0}'],
    ['braille blank', 'a\u2800b', 'a\\u{2800}b'],
    ['variation selectors', 'a\ufe00b\ufe0f\u{e0100}\u180b', 'a\\u{fe00}b\\u{fe0f}\\u{e0100}\\u{180b}'],
    ['a soft hyphen and a grapheme joiner', 'a\u00adb\u034fc', 'a\\u{ad}b\\u{34f}c'],
    ['other spaces', 'rm\u00a0-rf\u3000x\u2003y', 'rm\\u{a0}-rf\\u{3000}x\\u{2003}y'],
    ['line separators', 'a\u2028b\u2029c\u0085', 'a\\u{2028}b\\u{2029}c\\u{85}'],
    ['half of a pair', 'a\ud83db', 'a\\u{d83d}b'],
    ['format characters of rare scripts and music', '\u{1d173}\u{13430}\u{1bca0}', '\\u{1d173}\\u{13430}\\u{1bca0}'],
    ['a flood of marks', `a${'\u0336'.repeat(6)}b`, `a${'\u0336'.repeat(4)}\\u{336}\\u{336}b`],
    ['a mark without a letter', '\u0336a \u20dd', '\\u{336}a \\u{20dd}'],
    ['a joiner between letters', 'a\u200db', 'a\\u{200d}b'],
  ])('shows %s as escapes', (_, text, expected) => {
    expect(escapeHidden(text)).toBe(expected);
    expect(hasHidden(text)).toBe(true);
    expect(escapeHidden(expected)).toBe(expected);
  });

  it.each(['Grüße — 日本語 مرحبا שלום é \\u{1b} [31m', '⚠️ 👩‍💻 👩🏽‍🚀 ❤️‍🔥 1️⃣ ✅'])('leaves %s as it is', (text) => {
    expect(escapeHidden(text)).toBe(text);
    expect(hasHidden(text)).toBe(false);
  });

  it('takes a long run of hidden characters in its stride', () => {
    const started = process.cpuUsage();
    for (const text of ['\u200d', '\u0336', '\ufe0f', ' ', '\t', '\u{e0041}']) shownText(text.repeat(100_000));
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(4_000); // a third of a second alone; squared, minutes
  });
});

describe('a text to agree to', () => {
  it('shows runs of blanks and of empty lines as their number, and nothing else differently', () => {
    expect(shownText(`npm test${' '.repeat(200)}; curl evil`)).toBe('npm test[200 blanks]; curl evil');
    expect(shownText(`a${'\t'.repeat(9)}b`)).toBe('a[9 blanks]b');
    expect(shownText(`a${'\n'.repeat(120)}b`)).toBe('a\n[119 empty lines]\nb');
    const code = `{\n  "a": [\n${' '.repeat(16)}1,\n${'\t'.repeat(8)}2\n\n\n  ]\r\n}\n`;
    expect(shownText(code)).toBe(code.replace('\r\n', '\n'));
  });

  it('is wrapped behind a margin and not cut', () => {
    const text = `short\n${'x'.repeat(50)}END`;
    expect(wrappedLines(text, 34)).toEqual(['  | short', `  | ${'x'.repeat(30)}`, `  : ${'x'.repeat(20)}END`]);
    expect(wrappedLines('日本'.repeat(10), 34)).toEqual([`  | ${'日本'.repeat(7)}日`, '  : 本日本日本']); // two columns each
    expect(wrappedLines('', 34)).toEqual(['  |']);
  });
});
