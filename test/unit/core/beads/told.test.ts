import { expect, it } from 'vitest';
import type { BdCall } from '../../../../src/core/beads/bd-call.js';
import { actorOf, isActor } from '../../../../src/core/beads/actor.js';
import { refusedClaim } from '../../../../src/core/beads/refused-claim.js';
import { NOTHING_TOLD, toldAfter, toldOf } from '../../../../src/core/beads/told.js';

const update: BdCall = {
  ...{ kind: 'update', ids: ['a', 'b'], claim: true, status: 'in_progress', unassign: false },
  ...{ addLabels: [], removeLabels: [] },
};

it('counts what was told, and stops with an issue that is not ours', () => {
  const refused = [{ id: 'b', why: 'issue already claimed by ada' }];
  const told = toldAfter(NOTHING_TOLD, { call: update, tasks: ['a', 'b'] }, refused);
  expect(toldOf(told, 'a')).toEqual({ steps: 1, status: 'in_progress', refused: null });
  expect(toldOf(told, 'b')).toMatchObject({ steps: 0, refused: 'issue already claimed by ada' });
  const close: BdCall = { kind: 'close', ids: ['a'], reason: 'merged c' };
  const open = [{ id: 'a', why: 'blocked by open issues' }];
  expect(toldOf(toldAfter(told, { call: close, tasks: ['a'] }, open), 'a')).toMatchObject({
    steps: 2,
    status: 'in_progress',
  });
  expect(toldOf(toldAfter(told, { call: close, tasks: ['a'] }, []), 'a')).toMatchObject({ steps: 2, status: 'closed' });
});

it('says who has an issue, in characters that can be seen', () => {
  expect(refusedClaim('a', 'Error claiming a: issue already claimed by ada')).toEqual({
    kind: 'taken',
    note: 'claimed in Beads by ada',
  });
  expect(refusedClaim('a', 'Error claiming a: issue is closed')).toMatchObject({ kind: 'gone' });
  expect(refusedClaim('a', 'issue already claimed by a\u001b[2J').note).not.toContain('\u001b');
});

it('is one word for bd, whatever user and host are called', () => {
  for (const user of ['ada', 'Ada Lovelace', '--all', '', 'ü'.repeat(200)]) {
    expect(isActor(actorOf({ user, host: 'h.example' }))).toBe(true);
  }
});
