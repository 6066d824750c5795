import { describe, expect, it } from 'vitest';
import { generatedOutcome, isAsGenerated, sealed } from '../../../../src/core/text/generated-text.js';

const text = (body: string): string => sealed((seal) => `# made by a program (${seal})\n${body}\n`);

describe('a sealed text', () => {
  it('is known as generated word for word, also after git converted its line ends', () => {
    expect(text('one')).toMatch(/^# made by a program \(o8:[0-9a-f]{16}\)\none\n$/);
    expect(isAsGenerated(text('one'))).toBe(true);
    expect(isAsGenerated(text('one').replaceAll('\n', '\r\n'))).toBe(true);
  });

  it.each([
    ['a changed word', text('one').replace('one', 'two')],
    ['a line more', `${text('one')}two\n`],
    ['a changed comment', text('one').replace('program', 'person')],
    ['no seal', '# made by a person\none\n'],
    ['nothing', ''],
  ])('with %s is not', (_what, changed) => {
    expect(isAsGenerated(changed)).toBe(false);
  });

  it('is known where a part of it, a task file for one, has the other line ends', () => {
    expect(isAsGenerated(text('one\r\ntwo'))).toBe(true);
    expect(generatedOutcome(text('one\r\ntwo'), text('one\r\ntwo'))).toBe('unchanged');
    expect(generatedOutcome(text('one\r\ntwo'), text('one\r\nthree'))).toBe('updated');
  });

  it('may itself contain what looks like a seal', () => {
    expect(isAsGenerated(text('o8:0123456789abcdef o8:<checksum>'))).toBe(true);
  });
});

describe('a file to be generated', () => {
  it.each([
    ['missing', 'created', null],
    ['what is to be written', 'unchanged', text('one')],
    ['what was generated from something else', 'updated', text('two')],
    ['somebody’s own', 'kept', 'one\n'],
    ['generated and then changed', 'kept', `${text('two')}more\n`],
  ] as const)('that is %s is %s', (_what, outcome, present) => {
    expect(generatedOutcome(present, text('one'))).toBe(outcome);
  });
});
