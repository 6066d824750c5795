import { describe, expect, it } from 'vitest';
import { runningText } from '../../../../src/core/run/running-text.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory, timeOf } from '../../../support/runs/run-history.js';

describe('the line about a run for waiting users', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];

  it('names the tasks that run and since when, and counts the rest', () => {
    const run = new RunHistory(planOf(ids.map((id) => ({ id }))));
    expect(runningText(run.plan, run.state, new Date(timeOf(0)))).toBe('no agent is running; 0 of 6 tasks finished');
    run.lead('a', 'failed').lead('b', 'running');
    const text = runningText(run.plan, run.state, new Date(timeOf(0)));
    expect(text).toMatch(/^running: b since \d\d:\d\d:\d\d; 1 of 6 tasks finished$/);
    for (const id of ids.slice(2)) run.lead(id, 'running');
    expect(runningText(run.plan, run.state, new Date(timeOf(0)))).toMatch(
      /^running: b since .*, e since \S+ and 1 more; 1 of 6/,
    );
  });

  it('says why none does', () => {
    const run = new RunHistory(planOf([{ id: 'a' }]));
    run.record({ type: 'run_paused', reason: 'paused by user', until: null });
    expect(runningText(run.plan, run.state, new Date(timeOf(0)))).toBe('paused: paused by user; 0 of 1 tasks finished');
  });
});
