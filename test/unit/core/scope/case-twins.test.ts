import { describe, expect, it } from 'vitest';
import { caseTwins } from '../../../../src/core/scope/case-twins.js';

describe('names of which macOS and Windows keep one', () => {
  it.each<[string, string[], string[], [string, string][]]>([
    ['a file that is there in another case', ['src/foo.ts'], ['src/Foo.ts'], [['src/foo.ts', 'src/Foo.ts']]],
    ['in folders that differ in case', ['SRC/foo.ts'], ['src/foo.ts', 'src/bar.ts'], [['SRC/foo.ts', 'src/foo.ts']]],
    ['accents written in two ways', ['caf\u00e9'], ['cafe\u0301'], [['caf\u00e9', 'cafe\u0301']]],
    ['a file with the name of a folder', ['Src'], ['src/a'], [['Src', 'src/a']]],
    ['a folder with the name of a file', ['src/a'], ['Src'], [['src/a', 'Src']]],
    ['two that the branch brings, once', ['a', 'A'], [], [['A', 'a']]],
    ['other files in a folder of another case', ['SRC/foo.ts'], ['src/bar.ts'], []],
    ['none that were there before', ['new'], ['Foo', 'foo'], []],
  ])('%s', (_, added, before, pairs) => {
    expect(caseTwins(added, [...before, ...added]).map(({ brought, other }) => [brought, other])).toEqual(pairs);
  });
});
