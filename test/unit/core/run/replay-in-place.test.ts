import { expect, it } from 'vitest';
import type { JournalRecord } from '../../../../src/core/run/events.js';
import { applyRecord, initialState, replay, replayOn } from '../../../../src/core/run/replay.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const plan = planOf([{ id: 'task-001' }, { id: 'task-002' }]);
const commit = 'a'.repeat(40);
const records: JournalRecord[] = (['task-001', 'task-002'] as const)
  .flatMap((task) => [
    { type: 'worktree_intended', task, start: commit } as const,
    { type: 'worktree_created', task, start: commit } as const,
  ])
  .map((event, index) => ({ seq: index + 1, at: '2026-11-21T08:05:12.000Z', event }));

it('a whole journal leads to the same state as its records one by one', () => {
  expect(replay(plan, records)).toEqual(records.reduce(applyRecord, initialState(plan)));
});

it('a state that was handed out does not change when more is replayed on it', () => {
  const before = replayOn(null, plan, records.slice(0, 2));
  const known = structuredClone(before.state);
  const after = replayOn(before, plan, records);
  expect(before.state).toEqual(known);
  expect(after.state).toEqual(replay(plan, records));
});
