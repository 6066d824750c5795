import { describe, expect, it } from 'vitest';
import {
  estimateFrom,
  historyOf,
  historyRuns,
  withRun,
  type HistoryRecord,
} from '../../../../src/core/report/history.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';

const record = (runId: string, task: string, minutes: number | null, more: Partial<HistoryRecord> = {}) =>
  ({
    version: 1,
    runId,
    plan: 'shop',
    runState: 'completed',
    endedAt: `2026-11-${runId}T10:00:00.000Z`,
    task,
    outcome: 'complete',
    reason: null,
    attempts: 1,
    minutes,
    costUsd: 0.5,
    tokens: 10,
    ...more,
  }) satisfies HistoryRecord;

describe('the history of a run', () => {
  it('has every task that was not left out, once the run is finished', () => {
    const run = new RunHistory(planOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]));
    run.lead('a', 'complete').lead('b', 'failed');
    expect(historyOf(run.plan, run.state)).toEqual([]);
    run.record({ type: 'task_skipped', task: 'c', why: 'user', landed: null });
    run.record({ type: 'run_finished', state: 'failed' });
    const records = historyOf(run.plan, run.state);
    expect(records.map(({ task, outcome, runState }) => [task, outcome, runState])).toEqual([
      ['a', 'complete', 'failed'],
      ['b', 'failed', 'failed'],
    ]);
    expect(records[1]?.reason).not.toBeNull();
    expect(records.every(({ minutes }) => minutes !== null && minutes >= 0)).toBe(true);
  });

  it('replaces earlier records of the run, and keeps those of others', () => {
    const before = [record('01', 'a', 1), record('02', 'a', 2), record('02', 'b', 3)];
    const after = withRun(before, [record('02', 'a', 5)]);
    expect(after.map(({ runId, task, minutes }) => [runId, task, minutes])).toEqual([
      ['01', 'a', 1],
      ['02', 'a', 5],
    ]);
  });

  it('is listed newest first, with what the run cost', () => {
    const runs = historyRuns([record('01', 'a', 1), record('03', 'a', 1), record('03', 'b', 1), record('02', 'a', 1)]);
    expect(runs.map(({ runId, tasks, costUsd }) => [runId, tasks.length, costUsd])).toEqual([
      ['03', 2, 1],
      ['02', 1, 0.5],
      ['01', 1, 0.5],
    ]);
  });
});

describe('an estimate', () => {
  it('is the median of the same task where it has completed before, else of all that have', () => {
    const records = [record('01', 'a', 2), record('02', 'a', 10), record('03', 'a', 4), record('01', 'b', 100)];
    expect(estimateFrom(records, 'a')).toEqual({ minutes: 4, from: 'same task', count: 3 });
    expect(estimateFrom(records, 'new')).toEqual({ minutes: 7, from: 'all tasks', count: 4 });
  });

  it('ignores failed tasks and tasks that never ran, and is missing without others', () => {
    expect(estimateFrom([record('01', 'a', 1, { outcome: 'failed' }), record('01', 'b', null)], 'a')).toBeNull();
  });
});
