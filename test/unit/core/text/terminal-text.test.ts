import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizeLine } from '../../../../src/core/text/terminal-text.js';

const ESC = '\u001b';

describe('sanitizeLine', () => {
  it.each([
    ['colours', `${ESC}[1;31mred${ESC}[0m`, 'red'],
    ['colours written with colons', `${ESC}[38:2::1:2:3mx`, 'x'],
    ['an 8-bit control sequence', '\u009b31mred', 'red'],
    ['private and intermediate bytes', `${ESC}[?25l${ESC}[4 qx`, 'x'],
    ['a window title ended by a bell', `${ESC}]0;title\u0007text`, 'text'],
    ['a link ended by a string terminator', `${ESC}]8;;https://x${ESC}\\text${ESC}]8;;${ESC}\\`, 'text'],
    ['an 8-bit title', '\u009d0;title\u009ctext', 'text'],
    ['a device control string', `a${ESC}P1$r0m${ESC}\\b`, 'ab'],
    ['an application command', `a${ESC}_Gf=100;AAAA${ESC}\\b`, 'ab'],
    ['privacy messages and start of string', `a${ESC}^x${ESC}\\${ESC}Xy${ESC}\\b`, 'ab'],
    ['a reset and a character set', `${ESC}c${ESC}(Bx`, 'x'],
    ['carriage return, backspace, bell, null, delete', 'a\rb\bc\u0007d\u0000e\u007ff', 'abcdef'],
    ['line breaks', 'a\nb\u0085c', 'abc'],
    ['a string without an end, whose text stays', `${ESC}]0;looks hidden`, ']0;looks hidden'],
    ['a sequence inside the opening of another', `${ESC}${ESC}[m[31mx`, '[31mx'],
    ['an escape at the end', `x${ESC}`, 'x'],
  ])('removes %s', (_, text, expected) => {
    expect(sanitizeLine(text)).toBe(expected);
  });

  it('shows what would not be seen as its escape', () => {
    expect(sanitizeLine('a\u202eb\u200bc\u2028d\u{e0041}')).toBe('a\\u{202e}b\\u{200b}c\\u{2028}d\\u{e0041}');
  });

  it('keeps tabs and ordinary text of any language', () => {
    const text = '\tGrüße — 日本語 مرحبا שלום 👩‍👩‍👧 é [31m ] _ ^ \\';
    expect(sanitizeLine(text)).toBe(text);
  });

  it('never lets a control character through, and is done after one time', () => {
    const piece = fc.oneof(
      fc.constantFrom(ESC, '[', ']', 'P', '\\', '\u0007', '\u009b', '\u009c', '31', 'm', 'x'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const once = sanitizeLine(pieces.join(''));
        expect(once).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
        expect(sanitizeLine(once)).toBe(once);
      }),
    );
  });

  it.each([`${ESC}]`, `${ESC}[`, '\u009d', ESC, `${ESC}P1`, `${ESC}[1;`])(
    'takes a megabyte of %j in its stride',
    (opening) => {
      const started = process.cpuUsage();
      sanitizeLine(opening.repeat(1_000_000 / opening.length));
      expect(process.cpuUsage(started).user / 1000).toBeLessThan(2_000);
    },
  );
});
