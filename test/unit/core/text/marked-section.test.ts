import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withSection } from '../../../../src/core/text/marked-section.js';

function edited(text: string, section: string): string {
  const edit = withSection(text, section);
  if (edit.kind !== 'edited') throw new Error(`not edited: ${edit.kind}`);
  return edit.text;
}

describe('a section between marks', () => {
  it('comes to the end of a text without one, after an empty line', () => {
    const text = edited('# Shop\n\nBe kind.', '## Plans\n');
    expect(text).toMatch(/^# Shop\n\nBe kind\.\n\n<!-- o8: begin .*-->\n## Plans\n<!-- o8: end -->\n$/);
  });

  it('is replaced where it is, and nothing else changes, line ends included', () => {
    const first = edited('# Shop\r\n\r\nBe kind.\r\n', 'old\nlines');
    const moved = `${first}## After\r\n\r\n\t trailing  \r\n`;
    const second = edited(moved, 'new');
    expect(second.replaceAll('\r\n', '')).not.toContain('\n');
    expect(second).toBe(moved.replace('old\r\nlines', 'new'));
  });

  it('is unchanged the second time, whatever the text around it', () => {
    const words = fc.array(fc.constantFrom('a', '\n', ' ', '#', '<!--', '-->', '\t', 'o8'), { maxLength: 30 });
    fc.assert(
      fc.property(words, (parts) => {
        const once = edited(parts.join(''), 'the section');
        expect(once.startsWith(parts.join(''))).toBe(true);
        expect(withSection(once, 'the section')).toEqual({ kind: 'unchanged' });
      }),
    );
  });

  it.each([
    ['the end is missing', '<!-- o8: begin (x) -->\nold\n'],
    ['the beginning is missing', 'old\n<!-- o8: end -->\n'],
    ['they are the wrong way round', '<!-- o8: end -->\n<!-- o8: begin (x) -->\n'],
    ['there are two', '<!-- o8: begin -->\n<!-- o8: end -->\n<!-- o8: begin -->\n<!-- o8: end -->\n'],
  ])('is left alone when %s', (_what, text) => {
    expect(withSection(text, 'new')).toEqual({ kind: 'broken_marks' });
  });
});
