import { expect, it } from 'vitest';
import { nextMoment } from '../../../../src/core/run/rules/next-moment.js';
import { initialState } from '../../../../src/core/run/replay.js';
import type { RunState } from '../../../../src/core/run/run-state.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const at = (minute: number): string => `2026-11-21T08:${String(minute).padStart(2, '0')}:00.000Z`;
const now = new Date(at(10));

function waiting(...minutes: readonly (number | null)[]): RunState {
  const state = initialState(planOf(minutes.map((_, index) => ({ id: `task-00${String(index + 1)}` }))));
  const tasks = [...state.tasks].map(([id, record], index) => {
    const minute = minutes[index] ?? null;
    const notBefore = minute === null ? null : at(minute);
    return [id, { ...record, state: { state: 'queued', notBefore, next: { kind: 'fresh' } } }] as const;
  });
  return { ...state, tasks: new Map(tasks) };
}

it('is the first of the moments until which tasks wait', () => {
  expect(nextMoment(waiting(30, 20, null), now)).toEqual(new Date(at(20)));
});

it('is none where nothing waits, or where the moment has come', () => {
  expect(nextMoment(waiting(null), now)).toBeNull();
  expect(nextMoment(waiting(9, 10), now)).toBeNull();
});

it('is the end of a pause, unless the user has to end it', () => {
  const paused = (until: string | null): RunState => ({
    ...waiting(30),
    phase: { kind: 'paused', reason: 'limit', until },
  });
  expect(nextMoment(paused(at(15)), now)).toEqual(new Date(at(15)));
  expect(nextMoment(paused(null), now)).toEqual(new Date(at(30)));
});
