import { inTerminal, o8 } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import { leftOutOf } from '../../../../src/core/run/left-out.js';
import { chooseOpenRun, resumption, severalRunsError, tasksToPrepare } from '../../../../src/core/run/open-runs.js';
import { planOf, ROOT, seedTasks } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';

const history = (): RunHistory => new RunHistory(planOf(seedTasks()));

describe('the run a command without a run id means', () => {
  const [a, b, live] = [{ alive: false }, { alive: false }, { alive: true }];

  it('is the one that is alive, else the only one that is interrupted', () => {
    expect(chooseOpenRun([a, live])).toEqual({ kind: 'one', run: live, others: [a] });
    expect(chooseOpenRun([a])).toEqual({ kind: 'one', run: a, others: [] });
    expect(chooseOpenRun([])).toEqual({ kind: 'none' });
  });

  it('has to be named where several are interrupted', () => {
    expect(chooseOpenRun([a, b])).toEqual({ kind: 'several', runs: [a, b] });
    const { state } = history().lead('task-001', 'running');
    const open = ['r2', 'r1'].map((runId) => ({ runId, plan: 'parallel/p', state, alive: false }));
    const error = severalRunsError(open, (runId) => o8('abort', { run: runId }));
    expect(error.message).toContain('  r2  parallel/p (1 running, 4 queued)\n  r1  parallel/p');
    expect(inTerminal(error.hint)).toBe('o8 abort --run r2\n  o8 abort --run r1');
  });
});

describe('--resume', () => {
  it('continues unfinished runs, and what an abort stopped', () => {
    expect(resumption(history().lead('task-001', 'running').state)).toBe('continue');
    const aborted = history().lead('task-001', 'running').record({ type: 'run_aborting' });
    expect(resumption(aborted.state)).toBe('continue_stopped');
    for (const id of aborted.state.tasks.keys()) aborted.record({ type: 'task_aborted', task: id });
    aborted.record({ type: 'run_finished', state: 'aborted' });
    expect(resumption(aborted.state)).toBe('continue_stopped');

    aborted.record({ type: 'run_resumed', reopens: true });
    const next = { kind: 'continue', note: 'go on' } as const;
    aborted.record({ type: 'task_requeued', task: 'task-001', why: 'resumed', next });
    aborted.record({ type: 'task_requeued', task: 'task-002', why: 'resumed', next: { kind: 'fresh' } });
    expect(aborted.state.phase).toEqual({ kind: 'running' });
    expect(aborted.state.stoppedByUser).toBe(false);
    expect(aborted.state.tasks.get('task-001')?.state).toMatchObject({ state: 'worktree_created', next });
    expect(aborted.state.tasks.get('task-002')?.state.state).toBe('queued');
    expect(tasksToPrepare(aborted.state)).toEqual(['task-002']);
  });

  it('without `reopens` does nothing to a finished run, as in journals of earlier versions', () => {
    const run = history();
    for (const id of run.state.tasks.keys()) run.record({ type: 'task_aborted', task: id });
    run.record({ type: 'run_finished', state: 'aborted' }, { type: 'run_resumed' });
    expect(run.state.phase).toEqual({ kind: 'finished', state: 'aborted' });
  });
});

describe('what a run left out', () => {
  it('is told by wave with the command that runs it; what an earlier run landed is not left out', () => {
    const run = history();
    run.record({ type: 'task_skipped', task: 'task-004', why: 'other_wave', landed: null });
    run.record({ type: 'task_skipped', task: 'task-005', why: 'other_wave', landed: 'c' });
    const [left, ...more] = leftOutOf(run.plan, run.state, ROOT);
    expect(more).toEqual([]);
    expect(left?.tasks).toEqual(['task-004']);
    expect(inTerminal(left?.command ?? '')).toMatch(/^o8 run \S+ --wave 2$/);
  });
});
