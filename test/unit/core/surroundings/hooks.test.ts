import { describe, expect, it } from 'vitest';
import { changedHooks, hooksToRemember, hookText } from '../../../../src/core/surroundings/hooks.js';

const HOOK = '/r/.git/hooks/pre-commit';

describe('hooks', () => {
  it('that agents changed stay named until they are restored; what a person changes after the run counts', () => {
    const before = { a: '1', b: '1', c: '1' };
    const left = { a: '2', b: '2', d: '2' };
    expect(changedHooks({ before, left: null }, left).map(({ path }) => path)).toEqual(['a', 'b', 'c', 'd']);
    const now = { a: '2', b: 'person', c: 'person', d: '2', e: 'person' };
    expect(changedHooks({ before, left }, now)).toEqual([
      { path: 'a', before: '1', after: '2' },
      { path: 'd', before: null, after: '2' },
    ]);
    expect(hooksToRemember({ before, left }, now)).toEqual({ a: '1', b: 'person', c: 'person', e: 'person' });
    expect(changedHooks({ before, left }, before)).toEqual([]);
    expect(hooksToRemember(null, now)).toEqual(now);
  });

  it('are told by before and after, with what puts them back', () => {
    const [one, other] = ['1'.repeat(64), '2'.repeat(64)];
    expect(hookText({ path: HOOK, before: one, after: other }, '/saved')).toEqual({
      what: "the repository's git hooks changed: pre-commit changed from sha256 111111111111 to sha256 222222222222",
      putBack: `rm -r ${HOOK} && install -m 755 /saved ${HOOK}`,
    });
    expect(hookText({ path: HOOK, before: `${one} not executable`, after: null }, '/saved').putBack).toBe(
      `install -m 644 /saved ${HOOK}`,
    );
    expect(hookText({ path: HOOK, before: `${one} link to ../../x y`, after: one }, null).putBack).toBe(
      `rm -r ${HOOK} && ln -s '../../x y' ${HOOK}`,
    );
    expect(hookText({ path: HOOK, before: null, after: one }, null).putBack).toBe(`rm ${HOOK}`);
    expect(hookText({ path: HOOK, before: one, after: other }, null).putBack).toContain('no copy of it was kept');
  });
});
