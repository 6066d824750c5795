import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../../src/core/run/events.js';
import { isNewsworthy } from '../../../../src/core/report/newsworthy.js';
import { countStates } from '../../../../src/core/run/run-state.js';
import {
  changedTasks,
  runStateName,
  taskChange,
  taskChangeSchema,
  taskViewSchema,
} from '../../../../src/core/report/status-view.js';
import { TASK_STATE_NAMES, type TaskStateName } from '../../../../src/core/run/task-state.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory, timeOf } from '../../../support/runs/run-history.js';
import { viewsOf } from '../../../support/runs/task-views.js';

function history(): RunHistory {
  return new RunHistory(planOf([{ id: 'a' }, { id: 'b', wave: 2, deps: ['a'] }]));
}

function viewOf(run: RunHistory, ...live: Parameters<typeof viewsOf>[1][]) {
  return viewsOf(run, live[0] ?? null).get('a');
}

const figures = { costUsd: 0.123456, tokens: 50, lastActivity: 'Edit src/app.js' };

describe('a task as status shows it', () => {
  it('has no empty field', () => {
    expect(viewOf(history())).toEqual({
      id: 'a',
      state: 'queued',
      wave: 1,
      deps: [],
      branch: 'feature/a',
      worktree: '/home/ada/workspaces/a',
      attempt: 0,
      commits: 0,
      log: '/logs/a.log',
    });
  });

  it.each(TASK_STATE_NAMES)('that is %s is valid output', (state) => {
    expect(taskViewSchema.parse(viewOf(history().lead('a', state)))).toMatchObject({ state });
  });

  it('shows the live figures of the attempt that runs', () => {
    const run = history().lead('a', 'running');
    expect(viewOf(run, figures)).toMatchObject({
      pid: 4711,
      costUsd: 0.1235,
      tokens: 50,
      lastActivity: 'Edit src/app.js',
    });
  });

  it('does not count an attempt twice whose end is recorded', () => {
    const run = history()
      .lead('a', 'running')
      .record(attemptEnded('a', 1, 2));
    expect(viewOf(run, figures)).toMatchObject({ costUsd: 2, tokens: 2000 });
  });

  it('shows no live figures once it is over', () => {
    expect(viewOf(history().lead('a', 'complete'), figures)).not.toHaveProperty('lastActivity');
  });

  it.each<readonly [string, RunHistory, object]>([
    ['why it failed', history().lead('a', 'failed'), { reason: 'exit_1', message: 'the agent exited with code 1' }],
    ['what blocks it', history().lead('a', 'blocked'), { blockedBy: ['other'] }],
    [
      'the conflicting files and what to do',
      history().lead('a', 'merge_conflict'),
      {
        files: ['src/app.js'],
        message: 'conflicts with o8/20261121-080512-a1b2 at tttttttttttt',
        hint: 'o8 merge --run 20261121-080512-a1b2 --task a --resolve',
      },
    ],
    [
      'why its merge waits',
      history()
        .lead('a', 'merge_pending')
        .record({ type: 'merge_held', task: 'a', reason: 'in the way', hint: 'o8 merge' }),
      { message: 'in the way', hint: 'o8 merge' },
    ],
    [
      'until when a limit stops it',
      history()
        .lead('a', 'running')
        .record({ type: 'task_rate_limited', task: 'a', until: timeOf(60) }),
      { state: 'worktree_created', pausedUntil: timeOf(60) },
    ],
    [
      'notes',
      history()
        .lead('a', 'running')
        .record({ type: 'task_done', task: 'a', tip: 't', commits: 3, notes: ['n'] }),
      { notes: ['n'], commits: 3 },
    ],
  ])('shows %s', (_what, run, expected) => {
    expect(viewOf(run)).toMatchObject(expected);
  });
});

describe('what is news of a task', () => {
  function newsOf(state: TaskStateName) {
    const view = viewOf(history().lead('a', state));
    if (view === undefined) throw new Error('unreachable');
    return taskChange(view);
  }

  it.each(TASK_STATE_NAMES)('that is %s is valid output, and nothing that was told before', (state) => {
    const change = newsOf(state);
    expect(taskChangeSchema.parse(change)).toEqual(change);
    expect(change).toMatchObject({ id: 'a', state });
    for (const known of ['wave', 'deps', 'branch']) expect(change).not.toHaveProperty(known);
  });

  it('has paths only when it needs the user', () => {
    const places = { worktree: '/home/ada/workspaces/a', log: '/logs/a.log' };
    expect(newsOf('failed')).toMatchObject({ ...places, reason: 'exit_1' });
    expect(newsOf('aborted')).toMatchObject(places);
    expect(newsOf('merge_conflict')).toMatchObject({ ...places, files: ['src/app.js'] });
    expect(newsOf('complete')).toEqual({ id: 'a', state: 'complete', attempt: 1, commits: 1 });
    expect(newsOf('running')).toEqual({ id: 'a', state: 'running', attempt: 1 });
  });
});

describe('the cursor', () => {
  it('0 gives every task, a later one those changed since', () => {
    const run = history();
    const ids = (since: number) => changedTasks(run.plan, run.state, since).map(({ id }) => id);
    expect(ids(0)).toEqual(['a', 'b']);
    const cursor = run.lead('a', 'running').state.seq;
    expect(ids(cursor)).toEqual([]);
    run.lead('b', 'blocked');
    expect(ids(cursor)).toEqual(['b']);
  });
});

describe('the state of a run', () => {
  const paused: RunEvent = { type: 'run_paused', reason: 'limit', until: null };

  it('is running or paused only while somebody owns it', () => {
    expect(runStateName(history().state, true)).toBe('running');
    expect(runStateName(history().state, false)).toBe('interrupted');
    expect(runStateName(history().record(paused).state, true)).toBe('paused');
    expect(runStateName(history().record(paused).state, false)).toBe('interrupted');
    expect(runStateName(history().record({ type: 'run_aborting' }).state, true)).toBe('running');
    expect(runStateName(history().record({ type: 'run_aborting' }).state, false)).toBe('interrupted');
  });

  it.each(['completed', 'failed', 'aborted'] as const)('stays %s without an owner', (state) => {
    const run = history().lead('a', 'complete').lead('b', 'complete').record({ type: 'run_finished', state });
    expect(runStateName(run.state, false)).toBe(state);
  });

  it('counts tasks by state, without zeros', () => {
    expect(countStates(history().lead('a', 'failed').state)).toEqual({ failed: 1, queued: 1 });
  });
});

describe('news for a waiting status', () => {
  it.each<RunEvent>([
    { type: 'task_merged', task: 'a', landed: 'l' },
    { type: 'task_failed', task: 'a', reason: 'timeout', message: '' },
    { type: 'task_conflicted', task: 'a', files: [], targetCommit: 't', branchCommit: 'b' },
    { type: 'task_blocked', task: 'a', by: ['b'] },
    { type: 'task_rate_limited', task: 'a', until: timeOf(1) },
    { type: 'merge_held', task: 'a', reason: '', hint: '' },
    { type: 'wave_validation_failed', wave: 1, message: '' },
    { type: 'run_paused', reason: '', until: null },
    { type: 'run_finished', state: 'completed' },
  ])('is $type', (event) => {
    expect(isNewsworthy(event)).toBe(true);
  });

  it.each<RunEvent>([
    { type: 'task_retrying', task: 'a', reason: 'timeout', message: '', notBefore: timeOf(1) },
    { type: 'attempt_started', task: 'a', attempt: 1, pid: 1 },
    { type: 'task_done', task: 'a', tip: 't', commits: 1, notes: [] },
    { type: 'request_done', request: 'q' },
  ])('is not $type, which continues by itself', (event) => {
    expect(isNewsworthy(event)).toBe(false);
  });
});
