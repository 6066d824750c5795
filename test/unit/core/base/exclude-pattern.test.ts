import { describe, expect, it } from 'vitest';
import { excludePattern } from '../../../../src/core/base/exclude-pattern.js';

describe('a line of an exclude file', () => {
  it.each([
    ['parallel/shop/logs/', '/parallel/shop/logs/'],
    ['plans/[x]/logs/', '/plans/\\[x]/logs/'],
    ['a*b?c\\d', '/a\\*b\\?c\\\\d'],
    ['ends with two  ', '/ends with two\\ \\ '],
    ['two\n*', '/two?\\*'],
  ])('means just the path %j', (path, line) => {
    expect(excludePattern(path)).toBe(line);
  });
});
