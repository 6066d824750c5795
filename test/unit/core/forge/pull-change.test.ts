import { describe, expect, it } from 'vitest';
import { pullChanges, pullOfTask } from '../../../../src/core/forge/pull-change.js';
import { hasMarker, markerOf, withMarker } from '../../../../src/core/forge/pull-marker.js';
import { seenPull } from '../../../support/github/seen-pull.js';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];

describe('what somebody else did', () => {
  const last = { commit: A, before: B, base: 'main' };
  it('is told from what o8 did itself', () => {
    expect(pullChanges(seenPull(), last)).toEqual({ kind: 'none' });
    expect(pullChanges(seenPull({ headCommit: B }), last)).toEqual({ kind: 'not_seen_yet' });
    expect(pullChanges(seenPull({ headCommit: C }), last)).toEqual({ kind: 'pushed', head: C });
    expect(pullChanges(seenPull({ base: 'next' }), last)).toEqual({ kind: 'retargeted', base: 'next' });
    const merged = seenPull({ headCommit: B, state: { kind: 'merged', commit: C, by: 'ann' } });
    expect(pullChanges(merged, last)).toEqual({ kind: 'merged', commit: C, by: 'ann' });
    const closed = seenPull({ state: { kind: 'closed' }, headBranchExists: false });
    expect(pullChanges(closed, last)).toEqual({ kind: 'closed', branchExists: false });
  });

  it('is a push also where nothing had been pushed before', () => {
    expect(pullChanges(seenPull({ headCommit: C }), { commit: A, before: null, base: 'main' })).toMatchObject({
      head: C,
    });
  });
});

describe('the pull request of a task', () => {
  const marker = markerOf('pull-request', 'demo-1');
  const marked = { body: withMarker('text', marker) };
  const head = 'agent/demo-1';

  it('is the open one, also without a marker, so that there is never a second', () => {
    const closed = seenPull({ ...marked, number: 3, state: { kind: 'closed' } });
    const open = seenPull({ number: 2 });
    expect(pullOfTask([closed, open], head, marker)?.number).toBe(2);
    expect(pullOfTask([open, seenPull({ ...marked, number: 1 })], head, marker)?.number).toBe(1);
  });

  it('is otherwise the newest with its marker, and not one of another branch or task', () => {
    const merged = { state: { kind: 'merged', commit: A, by: null } } as const;
    const pulls = [seenPull({ ...merged, number: 4 }), seenPull({ ...merged, ...marked, number: 3 })];
    expect(pullOfTask(pulls, head, marker)?.number).toBe(3);
    expect(pullOfTask([seenPull({ ...marked, head: 'agent/demo-2' })], head, marker)).toBeNull();
    expect(pullOfTask([seenPull(merged)], head, marker)).toBeNull();
  });
});

describe('a marker', () => {
  it('is one line for any task id, and another for another', () => {
    const ids = ['demo-9ae.1', 'a--b', 'a->b', 'ü\n-->', '100%', 'a-%2Db'];
    const markers = ids.map((id) => markerOf('conflict', id));
    expect(new Set(markers).size).toBe(ids.length);
    for (const marker of markers) expect(marker).toMatch(/^<!-- o8:conflict (?:(?!--)[\w.%!~*'()-])+ -->$/);
    expect(markers[0]).toBe('<!-- o8:conflict demo-9ae.1 -->');
  });

  it('is found between what people and bots add, and not inside of a line', () => {
    const marker = markerOf('review', 'demo-1');
    expect(hasMarker(`${withMarker('a', marker)}\r\n\nadded by a bot`, marker)).toBe(true);
    expect(hasMarker(`> ${marker}`, marker)).toBe(false);
    expect(hasMarker(withMarker('a', marker), markerOf('review', 'demo-12'))).toBe(false);
  });
});
