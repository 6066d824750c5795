import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { screenText } from '../../../../src/core/text/screen-text.js';

const ESC = '\u001b';

describe('screenText', () => {
  it.each([
    ['a colour', `a${ESC}[31mb`, 'a\\u001b[31mb'],
    ['a window title', `${ESC}]0;title\u0007`, '\\u001b]0;title\\u0007'],
    ['an 8-bit control sequence', '\u009b2Jx', '\\u009b2Jx'],
    ['a carriage return inside a line', 'good\rbad', 'good\\u000dbad'],
    ['a backspace and a delete', 'a\bb\u007f', 'a\\u0008b\\u007f'],
    ['an override of the direction', 'a\u202eb', 'a\\u202eb'],
    ['a zero-width space and a mark of byte order', 'a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['line breaks of Unicode', 'a\u2028b\u0085c', 'a\\u2028b\\u0085c'],
  ])('spells out %s', (_, text, expected) => {
    expect(screenText(text)).toBe(expected);
  });

  it('leaves lines, tabs, Windows line ends and ordinary text of any language readable', () => {
    expect(screenText('a\tb\nc\r\nd')).toBe('a\tb\nc\nd');
    expect(screenText('käse 日本語 👩‍👧 ✓ …')).toBe('käse 日本語 👩‍👧 ✓ …');
  });

  it('leaves JSON the same document', () => {
    const character = fc.constantFrom(
      'a',
      '"',
      '\\',
      '\n',
      '\r',
      ESC,
      '\u009b',
      '\u202e',
      '\u2028',
      '\ufeff',
      '👍',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(fc.string({ unit: character })), (value) => {
        expect(JSON.parse(screenText(JSON.stringify(value)))).toEqual(value);
      }),
    );
  });
});
