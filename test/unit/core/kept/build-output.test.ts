import { describe, expect, it } from 'vitest';
import { isBuildOutput, isTaggedFolder, isToolFile, isToolFolder } from '../../../../src/core/kept/build-output.js';
import { keptNote, tooMuchIgnored } from '../../../../src/core/kept/kept-text.js';

const none = (): boolean => false;

describe('an ignored path', () => {
  it.each([
    ['node_modules/', true],
    ['packages/web/node_modules/', true],
    ['dist/', true],
    ['target/', true],
    ['src/__pycache__/a.cpython-312.pyc', true],
    ['.venv/', true],
    ['build/out.js', true],
    ['my.egg-info/', true],
    ['secrets/', false],
    ['vendor/', false],
    ['data/', false],
    ['tmp/', false],
    ['.env', false],
    ['local.db', false],
    ['distribution/', false],
  ])('%s is build output: %s', (path, is) => {
    expect(isBuildOutput(path, none)).toBe(is);
  });

  it('is none in a folder of an ordinary name that has tracked files', () => {
    const hasTracked = (folder: string): boolean => folder === 'build';
    expect(isBuildOutput('build/.env', hasTracked)).toBe(false);
    expect(isBuildOutput('build/out/', hasTracked)).toBe(true);
    expect(isBuildOutput('node_modules/x', () => true)).toBe(true);
  });

  it('in another ignored folder counts only by the name of a tool', () => {
    expect([isToolFolder('node_modules'), isToolFolder('build'), isToolFolder('target')]).toEqual([true, false, false]);
    expect(isTaggedFolder(['a', 'CACHEDIR.TAG'])).toBe(true);
    expect(isTaggedFolder(['a'])).toBe(false);
    expect(['a.pyc', '.DS_Store', 'a.o'].every(isToolFile)).toBe(true);
    expect(['notes.log', 'key.pem', 'a.py', 'oo'].some(isToolFile)).toBe(false);
  });
});

describe('the note', () => {
  it('says what, where and how to continue, and spells out what a name hides', () => {
    const note = keptNote([{ path: 'a\nb', why: 'is a nested repository with stash entries' }], '/w s/a', 'o8 cleanup');
    expect(note).toBe(
      "its worktree was kept: a\\u{a}b is a nested repository with stash entries; move files you want to keep out of '/w s/a', delete the rest there, then run: o8 cleanup",
    );
  });

  it('names the largest of too many ignored files', () => {
    const mb = 1024 * 1024;
    expect(
      tooMuchIgnored([
        { path: 'a', bytes: mb },
        { path: 'b', bytes: 12 * mb },
      ]),
    ).toEqual({
      path: 'b',
      why: 'and 1 more ignored file created after setup, 13 MB in total; o8 rescues at most 10 MB',
    });
  });
});
