import { describe, expect, it } from 'vitest';
import { nameFaults, nameProblem } from '../../../../src/core/plan/names.js';

const NAMES = ['a', 'task-001', 'A.b_c-9', '0', 'x'.repeat(64), 'lock', 'a.locks'];
const NOT_NAMES = [
  '',
  '../x',
  '-x',
  '.x',
  'a.lock',
  'a.LOCK',
  'a.',
  'a..b',
  'a/b',
  'a b',
  'ä',
  'a\n',
  'x'.repeat(65),
  '@',
  'a;rm',
];

describe('names', () => {
  it.each(NAMES)('takes %j', (name) => {
    expect(nameProblem(name)).toBeNull();
  });

  it.each(NOT_NAMES)('refuses %j', (name) => {
    expect(nameProblem(name)).toContain('is not a valid name');
  });

  it('spells out what would not show in a message', () => {
    expect(nameProblem('a\u001b[31m\u202e')).toBe('"a\\u{1b}[31m\\u{202e}" is not a valid name');
  });

  const task = (id: string, stem = id) => ({ id, stem, file: `tasks/${stem}.md` });

  it('finds nothing wrong with names that differ', () => {
    expect(nameFaults([task('task-001', 'task-001-users'), task('task-002')])).toEqual([]);
  });

  it('refuses the same id twice, naming both files', () => {
    const [fault, ...rest] = nameFaults([task('a', 'a-1'), task('a', 'a-2')]);
    expect(rest).toEqual([]);
    expect(fault).toMatchObject({ file: 'tasks/a-2.md', problem: 'duplicate id "a", also used by tasks/a-1.md' });
  });

  it('refuses ids that differ only in upper and lower case', () => {
    expect(nameFaults([task('Users'), task('users')])[0]?.problem).toContain('differ only in upper and lower case');
  });

  it('refuses an id that is the stem of another task', () => {
    expect(nameFaults([task('task-001', 'users'), task('users', 'task-002')])[0]?.problem).toContain(
      '"users" is also the name of',
    );
  });
});
