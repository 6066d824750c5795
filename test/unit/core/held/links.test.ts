import { describe, expect, it } from 'vitest';
import { broughtLinks, unusableLinks } from '../../../../src/core/held/links.js';

const whyOf = (path: string, target: string, others: Record<string, string> = {}): string | undefined =>
  unusableLinks(new Map([[path, target], ...Object.entries(others)])).find((link) => link.path === path)?.why;

describe('a symbolic link', () => {
  it.each([
    ['a', 'b'],
    ['docs/a', '../src/b'],
    ['docs/a', './x/../../src/.'],
    ['a', '..a/b'],
    ['a', '.gitignore'],
    ['a', 'gone/for/ever'],
    ['a', 'C:'],
  ])('%s to %s stays in the repository', (path, target) => {
    expect(whyOf(path, target)).toBeUndefined();
  });

  it.each([
    ['a', '/etc/passwd', 'absolute'],
    ['a', 'C:\\Users\\x', 'absolute'],
    ['a', 'D:/x', 'absolute'],
    ['a', '\\\\server\\share', 'absolute'],
    ['a', '../b', 'out of the repository'],
    ['docs/a', 'x/../../../b', 'out of the repository'],
    ['docs/a', '..\\..\\b', 'out of the repository'],
    ['a', '.git/hooks', 'git folder'],
    ['a', 'x/../.GIT', 'git folder'],
    ['a', 'sub/.git/config', 'git folder'],
    ['a', 'git~1/config', 'git folder'],
    ['a', '.git. ', 'git folder'],
    ['a', '.g\u200cit/config', 'git folder'],
    ['a', '', 'without a target'],
    ['a', 'x'.repeat(5000), '5000 bytes'],
    ['sub/.gitmodules', 'x', 'refuses'],
  ])('%s to %j does not work elsewhere: %s', (path, target, why) => {
    expect(whyOf(path, target)).toContain(why);
  });

  it('is followed through the other links of the tree', () => {
    expect(whyOf('a', 'b/x', { b: 'deep/down' })).toBeUndefined();
    expect(whyOf('a', 'b/../../x', { b: 'deep/down' })).toBeUndefined();
    expect(whyOf('deep/down/a', '../b/../x', { 'deep/b': '../up' })).toBeUndefined();
    expect(whyOf('deep/a', '../b/../x', { b: 'c', c: 'x/..' })).toContain('out of the repository');
    expect(whyOf('a', 'b/c', { b: '/tmp' })).toContain('out of the repository');
    expect(whyOf('a', 'b/c', { b: 'x', 'x/c': '../.git' })).toContain('git folder');
    expect(whyOf('a', 'b', { b: 'a' })).toBeUndefined();
  });

  it('is shown without terminal control characters', () => {
    expect(whyOf('a', '/\u001b[2J\u202e')).toBe('is a symbolic link to /\\u{1b}[2J\\u{202e}, an absolute path');
  });
});

describe('what a branch brings', () => {
  const before = new Map([
    ['old', '/etc/passwd'],
    ['by', 'deep/../../x'],
    ['deep', 'one/two'],
  ]);

  it('is not what the target had', () => {
    expect(broughtLinks(before, before)).toEqual([]);
    expect(broughtLinks(before, new Map([...before, ['new', '/x']])).map(({ path }) => path)).toEqual(['new']);
  });

  it('is also what leads elsewhere since another link changed, and another target of an old link', () => {
    const without = new Map([...before].filter(([path]) => path !== 'deep'));
    expect(broughtLinks(before, without).map(({ path }) => path)).toEqual(['by']);
    expect(broughtLinks(before, new Map([['old', '/etc/shadow']])).map(({ path }) => path)).toEqual(['old']);
  });
});
