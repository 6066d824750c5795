import { describe, expect, it } from 'vitest';
import { basePresence, landingOfTask, standingLandings, takenBackTasks } from '../../../../src/core/merge/landings.js';
import type { RunEvent } from '../../../../src/core/run/events.js';
import { planOf, seedTasks } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory, taskDone } from '../../../support/runs/run-history.js';

const plan = planOf(seedTasks());
const [ONE = '', TWO = ''] = plan.tasks.map(({ id }) => id);

function merged(run: RunHistory, task: string, from: string, to: string, ref = plan.target.ref): RunHistory {
  return run
    .lead(task, 'running')
    .record(attemptEnded(task), taskDone(task, 1), { type: 'merge_intended', task, ref, from, to })
    .record({ type: 'task_merged', task, landed: to });
}

const landed = (from: string, to: string, tasks = [ONE, TWO]): RunEvent => ({
  type: 'landed',
  branch: 'main',
  from,
  to,
  tasks,
});
const undone = (landing: string, from: string, to: string, task: string | null = null): RunEvent => ({
  type: 'landing_undone',
  branch: 'main',
  task,
  landing,
  from,
  to,
});

/** Both tasks merged and landed: `a` is the base, `b` has the first, `c` both. */
function bothLanded(): RunHistory {
  const run = merged(merged(new RunHistory(plan), ONE, 'a', 'b'), TWO, 'b', 'c');
  return run.record(landed('a', 'c'));
}

const presenceOf = (run: RunHistory) => [ONE, TWO].map((task) => basePresence(plan, run.state, task));

describe('the position of a task’s work', () => {
  it('is on the base once the target has landed', () => {
    const run = merged(new RunHistory(plan), ONE, 'a', 'b');
    expect(presenceOf(run)).toEqual([{ kind: 'none' }, { kind: 'none' }]);
    expect(presenceOf(bothLanded())).toEqual([{ kind: 'landed' }, { kind: 'landed' }]);
    expect(landingOfTask(bothLanded().state, TWO)).toMatchObject({ from: 'b', to: 'c' });
  });

  it('is on a base that is the target itself immediately', () => {
    const run = merged(new RunHistory(plan), ONE, 'a', 'b', 'refs/heads/main');
    expect(presenceOf(run)[0]).toEqual({ kind: 'landed' });
    expect(standingLandings(plan, run.state)).toHaveLength(1);
  });

  it('is not on the base if it was merged after a partial landing', () => {
    const run = merged(merged(new RunHistory(plan), ONE, 'a', 'b'), TWO, 'b', 'c').record(landed('a', 'b', [ONE]));
    expect(presenceOf(run)).toEqual([{ kind: 'landed' }, { kind: 'none' }]);
  });

  it('is not there for what was merged after such a part, also where the part met new commits of the base', () => {
    const run = merged(merged(new RunHistory(plan), ONE, 'a', 'b'), TWO, 'b', 'c').record(landed('x', 'm', [ONE]));
    expect(presenceOf(run)).toEqual([{ kind: 'landed' }, { kind: 'none' }]);
    run.record(undone('m', 'm', 'r'));
    expect(takenBackTasks(plan, run.state)).toEqual([{ task: ONE, commit: 'r' }]);
    run.record(landed('r', 'n'));
    expect(presenceOf(run)).toEqual([
      { kind: 'taken_back', how: { kind: 'reverted', commit: 'r' } },
      { kind: 'landed' },
    ]);
  });

  it('is reverted for one task only, even if the whole target ended at the same commit', () => {
    const run = bothLanded().record(undone('c', 'c', 'r', TWO));
    expect(presenceOf(run)).toEqual([
      { kind: 'landed' },
      { kind: 'taken_back', how: { kind: 'reverted', commit: 'r' } },
    ]);
    expect(standingLandings(plan, run.state)).toHaveLength(1);
    expect(run.state.landed).toBe('c');
  });

  it('stays reverted when more lands after a revert, and lands again after a move back', () => {
    const reverted = bothLanded().record(undone('c', 'c', 'r'));
    expect(takenBackTasks(plan, reverted.state)).toEqual([
      { task: ONE, commit: 'r' },
      { task: TWO, commit: 'r' },
    ]);
    expect(reverted.state.landed).toBeNull();
    reverted.record(landed('r', 'm'));
    expect(takenBackTasks(plan, reverted.state)).toHaveLength(2);

    const moved = bothLanded().record(undone('c', 'c', 'a'));
    expect(presenceOf(moved)[0]).toEqual({ kind: 'taken_back', how: { kind: 'moved_back' } });
    expect(takenBackTasks(plan, moved.state)).toEqual([]);
    moved.record(landed('a', 'c'));
    expect(presenceOf(moved)).toEqual([{ kind: 'landed' }, { kind: 'landed' }]);
    expect(standingLandings(plan, moved.state)).toHaveLength(1);
  });
});
