import { describe, expect, it } from 'vitest';
import { decide, finalState, waitsForWorktrees, type Action, type Facts } from '../../../../src/core/run/decide.js';
import type { RunEvent } from '../../../../src/core/run/events.js';
import type { Plan } from '../../../../src/core/plan/plan.js';
import { planOf, seedTasks, type PlanFixture, type TaskFixture } from '../../../support/runs/plan-fixture.js';
import { RunHistory, taskDone, timeOf } from '../../../support/runs/run-history.js';

const quiet: Facts = {
  now: new Date(timeOf(0)),
  busyTasks: new Set(),
  merging: false,
  mergesAtOnce: 1,
  validating: false,
  agents: new Map(),
  withSetupProcesses: new Set(),
  untidy: new Set(),
  holdBack: null,
  moreTasks: false,
};

function runOf(tasks: readonly TaskFixture[], fixture: PlanFixture = {}): RunHistory {
  return new RunHistory(planOf(tasks, fixture));
}

/** A plan whose waves have these validations. */
function validated(tasks: readonly TaskFixture[], validations: Record<number, string>): Plan {
  const plan = planOf(tasks);
  return { ...plan, waves: plan.waves.map((wave) => ({ ...wave, validation: validations[wave.number] ?? null })) };
}

function actionsOf({ plan, state }: RunHistory, facts: Partial<Facts> = {}): readonly Action[] {
  return decide(plan, state, { ...quiet, ...facts });
}

/** Actions in one line each: `prepare a`, `validate 1`, `record task_blocked`. */
function said(run: RunHistory, facts: Partial<Facts> = {}): string[] {
  return actionsOf(run, facts).map((action) => {
    switch (action.kind) {
      case 'record':
        return `record ${action.event.type}${'task' in action.event ? ` ${action.event.task}` : ''}`;
      case 'validate':
        return `validate ${action.wave}`;
      case 'finish':
        return `finish ${action.state}`;
      case 'stop':
        return `stop ${action.task} ${action.why}`;
      case 'prepare':
      case 'end_setup':
      case 'tidy':
      case 'start':
      case 'settle':
        return `${action.kind} ${action.task}`;
      case 'merge':
        return `merge ${action.tasks.join(' ')}`;
    }
  });
}

/** Records what `decide` asks to be recorded, until it asks for no more. */
function settleRecords(run: RunHistory): RunHistory {
  for (;;) {
    const events = actionsOf(run).flatMap((action) => (action.kind === 'record' ? [action.event] : []));
    if (events.length === 0) return run;
    run.record(...events);
  }
}

const hold = (task: string): RunEvent => ({ type: 'merge_held', task, reason: 'in the way', hint: 'o8 merge' });
const retry = (task: string): RunEvent => ({ type: 'task_requeued', task, why: 'retry', next: { kind: 'fresh' } });

describe('starting agents', () => {
  it('prepares the tasks that wait for nothing, up to the limit', () => {
    const run = runOf(seedTasks(), { settings: { maxConcurrency: 2 } });
    expect(said(run)).toEqual(['prepare task-001', 'prepare task-002']);
  });

  it('gives the slots to the longest remaining path first', () => {
    const tasks = [{ id: 'short' }, { id: 'long' }, { id: 'middle', deps: ['long'] }, { id: 'end', deps: ['middle'] }];
    expect(said(runOf(tasks, { settings: { maxConcurrency: 1 } }))).toEqual(['prepare long']);
  });

  it('gives a slot to a task that has its worktree before one that has none', () => {
    const run = runOf([{ id: 'first' }, { id: 'second' }], { settings: { maxConcurrency: 1 } });
    expect(said(run.lead('second', 'worktree_created'))).toEqual(['start second']);
  });

  it('counts running agents and tasks being prepared or started, not those being settled or merged', () => {
    const tasks = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));
    const run = runOf(tasks, { settings: { maxConcurrency: 3 } });
    run.lead('a', 'running').lead('b', 'worktree_created').lead('c', 'merge_pending');
    expect(said(run, { busyTasks: new Set(['b', 'c']), merging: true })).toEqual(['prepare d']);
  });

  it('ignores a task that a job is working on', () => {
    const run = runOf([{ id: 'a' }, { id: 'b' }]).lead('b', 'worktree_created');
    expect(said(run, { busyTasks: new Set(['a', 'b']) })).toEqual([]);
  });

  it('starts nothing while the machine lacks disk or memory, but merges', () => {
    const run = runOf([{ id: 'a' }, { id: 'b' }]).lead('a', 'merge_pending');
    expect(said(run, { holdBack: 'only 20 MB of disk free' })).toEqual(['merge a']);
  });

  it('waits until everything a task needs has landed', () => {
    const run = runOf(seedTasks())
      .lead('task-001', 'complete')
      .lead('task-002', 'complete')
      .lead('task-003', 'merge_pending');
    expect(said(run, { merging: true })).toEqual([]);
    run.record({ type: 'task_merged', task: 'task-003', landed: 'l' });
    expect(said(run)).toEqual(['prepare task-004', 'prepare task-005']);
  });

  it('starts a task of a later wave as soon as its own dependencies have landed', () => {
    const run = runOf([{ id: 'a' }, { id: 'slow' }, { id: 'b', wave: 2, deps: ['a'] }]);
    expect(said(run.lead('slow', 'running').lead('a', 'complete'))).toEqual(['prepare b']);
  });

  it('counts a task that was left out because it had landed before', () => {
    const run = runOf([{ id: 'a' }, { id: 'b', wave: 2, deps: ['a'] }], { skip: ['a'] });
    run.record({ type: 'task_skipped', task: 'a', why: 'user', landed: 'c' });
    expect(said(run)).toEqual(['prepare b']);
  });

  it('waits until a retry is due', () => {
    const run = runOf([{ id: 'a' }]).lead('a', 'running');
    run.record({ type: 'task_retrying', task: 'a', reason: 'timeout', message: '', notBefore: timeOf(60) });
    expect(said(run, { now: new Date(timeOf(59)) })).toEqual([]);
    expect(said(run, { now: new Date(timeOf(60)) })).toEqual(['start a']);
  });
});

describe('schedule waves', () => {
  const tasks = [{ id: 'a' }, { id: 'b' }, { id: 'c', wave: 2, deps: ['a'] }];
  const run = () => runOf(tasks, { settings: { schedule: 'waves' } });

  it('holds back a wave until every task of the ones before is settled', () => {
    expect(said(run().lead('a', 'complete').lead('b', 'running'))).toEqual([]);
    expect(said(run().lead('a', 'complete').lead('b', 'merge_pending'), { merging: true })).toEqual([]);
    expect(said(run().lead('a', 'complete').lead('b', 'complete'))).toEqual(['prepare c']);
  });

  it('starts tasks of the next wave whose dependencies are done, even if another task failed', () => {
    expect(said(run().lead('a', 'complete').lead('b', 'failed'))).toEqual(['prepare c']);
  });
});

describe('a wave validation', () => {
  const tasks = [{ id: 'a' }, { id: 'b' }, { id: 'c', wave: 2, deps: ['a'] }, { id: 'd', wave: 2 }];
  const waiting = () => new RunHistory(validated(tasks, { 1: 'make check' }));
  const merged = () => waiting().lead('a', 'complete').lead('b', 'complete');

  it('runs when every task of its wave is settled, and later waves wait for it', () => {
    expect(said(waiting().lead('a', 'complete').lead('b', 'running'))).toEqual([]);
    expect(said(merged())).toEqual(['validate 1']);
    expect(said(merged(), { validating: true })).toEqual([]);
  });

  it('does not run while something is being merged', () => {
    expect(said(merged(), { merging: true })).toEqual([]);
  });

  it('that passed lets later waves begin', () => {
    expect(said(merged().record({ type: 'wave_validated', wave: 1, commit: 'c' }))).toEqual(['prepare c', 'prepare d']);
  });

  it('that failed blocks later waves by its name', () => {
    const run = merged().record({ type: 'wave_validation_failed', wave: 1, message: 'exit 1' });
    expect(actionsOf(run)).toEqual([
      { kind: 'record', event: { type: 'task_blocked', task: 'c', by: ['wave 1'] } },
      { kind: 'record', event: { type: 'task_blocked', task: 'd', by: ['wave 1'] } },
    ]);
    expect(said(settleRecords(run))).toEqual(['finish failed']);
  });

  it('that is to be done again frees what it blocked', () => {
    const run = settleRecords(merged().record({ type: 'wave_validation_failed', wave: 1, message: 'exit 1' }));
    run.record({ type: 'run_finished', state: 'failed' }, { type: 'wave_validation_reset', wave: 1 });
    expect(said(settleRecords(run))).toEqual(['validate 1']);
  });

  it('leaves a task alone that is being prepared when it fails', () => {
    const run = merged().record({ type: 'wave_validation_failed', wave: 1, message: 'exit 1' });
    expect(said(run, { busyTasks: new Set(['c']) })).toEqual(['record task_blocked d']);
  });

  it('covers the merged tasks when others of the wave failed', () => {
    expect(said(waiting().lead('a', 'complete').lead('b', 'failed'))).toEqual(['validate 1']);
  });

  it('does not run when nothing of its wave is merged', () => {
    expect(said(settleRecords(waiting().lead('a', 'failed').lead('b', 'failed')))).toEqual(['prepare d']);
  });

  it('does not run when its wave was left out', () => {
    const run = new RunHistory(validated(tasks, { 1: 'make check' }));
    run.record({ type: 'task_skipped', task: 'a', why: 'other_wave', landed: 'l' });
    run.record({ type: 'task_skipped', task: 'b', why: 'other_wave', landed: null });
    expect(said(run)).toEqual(['prepare c', 'prepare d']);
  });

  it('is run again when another task of its wave is merged later', () => {
    const run = waiting().lead('a', 'complete').lead('b', 'merge_conflict');
    run.record({ type: 'wave_validated', wave: 1, commit: 'c' }).record(taskDone('b'));
    run.record({ type: 'task_merged', task: 'b', landed: 'l' });
    expect(said(run)).toEqual(['validate 1']);
  });

  it('is not overtaken by a merge of its own wave', () => {
    const run = waiting().lead('a', 'complete').lead('b', 'merge_conflict').record(taskDone('b'));
    expect(said(run, { validating: true })).toEqual([]);
    expect(said(run)).toEqual(['merge b']);
  });

  it('lets tasks of other waves be merged meanwhile', () => {
    const run = merged().lead('d', 'merge_pending');
    expect(said(run, { validating: true })).toEqual(['merge d']);
  });
});

describe('blocking', () => {
  const chain = () => runOf([{ id: 'a' }, { id: 'b', deps: ['a'] }, { id: 'c', deps: ['b'] }, { id: 'free' }]);

  it.each(['failed', 'merge_conflict', 'aborted', 'skipped'] as const)(
    'follows a whole chain from a task that is %s',
    (state) => {
      const run = settleRecords(chain().lead('a', state));
      expect(run.task('b').state).toEqual({ state: 'blocked', by: ['a'] });
      expect(run.task('c').state).toEqual({ state: 'blocked', by: ['b'] });
      expect(said(run)).toEqual(['prepare free']);
    },
  );

  it('also follows from a merge that waits for a person', () => {
    const run = settleRecords(chain().lead('a', 'merge_pending').record(hold('a')));
    expect(run.task('b').state).toEqual({ state: 'blocked', by: ['a'] });
  });

  it('does not follow from a task that is tried again by itself', () => {
    const run = chain().lead('free', 'complete').lead('a', 'running');
    run.record({ type: 'task_retrying', task: 'a', reason: 'timeout', message: '', notBefore: timeOf(60) });
    expect(said(run)).toEqual([]);
  });

  it('ends for all dependents when the first task is retried', () => {
    const run = settleRecords(chain().lead('a', 'failed').lead('free', 'complete')).record(retry('a'));
    expect(settleRecords(run).task('c').state.state).toBe('queued');
    expect(said(run)).toEqual(['prepare a']);
  });

  it('is recorded before any barrier is looked at', () => {
    const run = runOf([{ id: 'a' }, { id: 'b', deps: ['a'] }, { id: 'c', wave: 2 }], {
      settings: { schedule: 'waves' },
    });
    settleRecords(run.lead('a', 'merge_conflict')).record(taskDone('a'), {
      type: 'task_merged',
      task: 'a',
      landed: 'l',
    });
    expect(said(run)).toEqual(['record task_requeued b']);
    expect(said(settleRecords(run))).toEqual(['prepare b']);
  });

  it('names what blocks now, not what blocked first', () => {
    const run = settleRecords(runOf([{ id: 'a' }, { id: 'b' }, { id: 'c', deps: ['a', 'b'] }]).lead('a', 'failed'));
    expect(settleRecords(run.lead('b', 'failed')).task('c').state).toMatchObject({ by: ['a', 'b'] });
    run.record(retry('a'));
    expect(settleRecords(run).task('c').state).toMatchObject({ by: ['b'] });
  });
});

describe('agents', () => {
  const running = (stallTimeout = 15) => runOf([{ id: 'a' }], { settings: { stallTimeout } }).lead('a', 'running');
  const seen = (kind: 'starting' | 'over') => ({ agents: new Map([['a', { kind }]]) });
  const working = {
    kind: 'running' as const,
    quietMs: 0,
    finishedMs: null,
    unguarded: false,
    unattendedMs: null,
    outputMB: 0,
  };
  const silent = (minutes: number) => ({ agents: new Map([['a', { ...working, quietMs: minutes * 60_000 }]]) });
  const finished = (seconds: number) => ({ agents: new Map([['a', { ...working, finishedMs: seconds * 1000 }]]) });

  it('that are over are settled, once', () => {
    expect(said(running(), seen('over'))).toEqual(['settle a']);
    expect(said(running(), { ...seen('over'), busyTasks: new Set(['a']) })).toEqual([]);
  });

  it('that start or were not looked at yet are left alone', () => {
    expect(said(running(), seen('starting'))).toEqual([]);
    expect(said(running())).toEqual([]);
  });

  it('that are silent for longer than stallTimeout are stopped', () => {
    expect(said(running(), silent(15))).toEqual([]);
    expect(said(running(), silent(15.1))).toEqual(['stop a stalled']);
  });

  it('that gave their result and do not exit are stopped after a grace of 30 s', () => {
    expect(said(running(), finished(30))).toEqual([]);
    expect(said(running(), finished(30.1))).toEqual(['stop a finished']);
    expect(said(running(0), { agents: new Map([['a', { ...working, quietMs: 1e9, finishedMs: 31_000 }]]) })).toEqual([
      'stop a finished',
    ]);
  });

  it('that work without the guard are stopped at once', () => {
    expect(said(running(), { agents: new Map([['a', { ...working, unguarded: true }]]) })).toEqual([
      'stop a unguarded',
    ]);
  });

  it('may be silent for ever when stallTimeout is 0', () => {
    expect(said(running(0), silent(10_000))).toEqual([]);
  });
});

describe('processes that setup left', () => {
  const withSetup = { withSetupProcesses: new Set(['a']) };

  it.each(['queued', 'worktree_created', 'running', 'merge_pending'] as const)('live while the task is %s', (state) => {
    const facts = { ...withSetup, busyTasks: new Set(['a']), merging: true };
    expect(said(runOf([{ id: 'a' }]).lead('a', state), facts)).toEqual([]);
  });

  it.each(['complete', 'failed', 'aborted', 'merge_conflict'] as const)(
    'are ended when it is %s, before the run ends',
    (state) => {
      const run = runOf([{ id: 'a' }]).lead('a', state);
      expect(said(run, withSetup)).toEqual(['end_setup a']);
      expect(said(run, { ...withSetup, busyTasks: new Set(['a']) })).toEqual([]);
      expect(said(run)).toHaveLength(1);
      expect(said(run)[0]).toMatch(/^finish /);
    },
  );

  it('are ended when the run is aborted', () => {
    const run = runOf([{ id: 'a' }]).lead('a', 'aborted');
    run.record({ type: 'run_aborting' });
    expect(said(run, withSetup)).toEqual(['end_setup a']);
    expect(said(run)).toEqual(['finish aborted']);
  });
});

describe('the worktrees of merged tasks', () => {
  const merged = (): RunHistory =>
    ['a', 'b', 'c'].reduce(
      (run, id) => run.lead(id, 'complete'),
      runOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd', deps: ['a'] }]),
    );
  const untidy = new Set(['a', 'b', 'c']);

  it('go two at a time, and no start or merge waits for that', () => {
    expect(said(merged(), { untidy })).toEqual(['prepare d', 'tidy a', 'tidy b']);
    expect(said(merged(), { untidy, busyTasks: new Set(['a', 'd']) })).toEqual(['tidy b']);
    expect(said(merged().lead('d', 'merge_pending'), { untidy, busyTasks: new Set(['a', 'b']) })).toEqual(['merge d']);
  });

  it('are gone before the run ends, also when it is aborted', () => {
    const run = merged().lead('d', 'failed');
    expect(said(run, { untidy: new Set(['c']) })).toEqual(['tidy c']);
    expect(said(run, { untidy: new Set(['c']), busyTasks: new Set(['c']) })).toEqual([]);
    run.record({ type: 'run_aborting' });
    expect(said(run, { untidy: new Set(['c']) })).toEqual(['tidy c']);
  });

  it('go with what setup left, in one job', () => {
    const facts = { untidy, withSetupProcesses: new Set(['a']), busyTasks: new Set(['d']) };
    expect(said(merged(), facts)).toEqual(['tidy a', 'tidy b']);
  });
});

describe('worktrees that pile up', () => {
  const ids = Array.from({ length: 40 }, (_, at) => `t${String(at).padStart(2, '0')}`);
  const many = (): RunHistory =>
    runOf(
      ids.map((id) => ({ id })),
      { settings: { maxConcurrency: 4 } },
    );
  const starts = (run: RunHistory, facts: Partial<Facts> = {}): number =>
    actionsOf(run, { merging: true, ...facts }).filter(({ kind }) => kind === 'prepare').length;
  const led = (count: number, to: Parameters<RunHistory['lead']>[1]): RunHistory =>
    ids.slice(0, count).reduce((run, id) => run.lead(id, to), many());
  const why = ({ plan, state }: RunHistory, facts: Partial<Facts> = {}): string | null =>
    waitsForWorktrees(plan, state, { ...quiet, ...facts });

  it.each([
    [14, 4],
    [17, 2],
    [19, 0],
  ])('%i in the merge queue leave room for %i more', (waiting, more) => {
    expect(starts(led(waiting, 'merge_pending'))).toBe(more);
    expect(why(led(waiting, 'merge_pending'))).toBe(
      more === 0 ? '19 worktrees are in use, or wait to be merged and removed' : null,
    );
  });

  it('count until they are removed, but not when they stay', () => {
    const run = led(19, 'complete');
    expect(starts(run, { untidy: new Set(ids.slice(0, 19)) })).toBe(0);
    expect(starts(run, { untidy: new Set(ids.slice(0, 16)) })).toBe(3);
    expect(starts(run)).toBe(4);
  });

  it('do not count when they wait for a person, so that the rest of the run goes on', () => {
    for (const state of ['failed', 'merge_conflict', 'aborted'] as const) expect(starts(led(30, state))).toBe(4);
    const held = led(30, 'merge_pending');
    held.record(...ids.slice(0, 30).map(hold));
    expect(starts(held)).toBe(4);
    expect(why(held)).toBeNull();
  });

  it('keep no attempt of a task that has its worktree from starting', () => {
    const run = led(19, 'merge_pending').lead('t20', 'worktree_created').lead('t21', 'worktree_created');
    expect(said(run, { merging: true })).toEqual(['start t20', 'start t21']);
  });
});

describe('merging', () => {
  const done = () =>
    runOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
      .lead('c', 'merge_pending')
      .lead('a', 'merge_pending');

  it('takes tasks one at a time in the order they were done', () => {
    const run = done().lead('b', 'merge_pending');
    expect(said(run)).toEqual(['merge c']);
    expect(said(run, { merging: true })).toEqual([]);
    run.record({ type: 'task_merged', task: 'c', landed: 'l' });
    expect(said(run)).toEqual(['merge a']);
  });

  it('takes together what waits together, in that order and no more than may be merged at once', () => {
    const run = done().lead('b', 'merge_pending');
    expect(said(run, { mergesAtOnce: 16 })).toEqual(['merge c a b']);
    expect(said(run, { mergesAtOnce: 2 })).toEqual(['merge c a']);
  });

  it('leaves out what waits for a person and what is being stopped', () => {
    expect(said(done().lead('b', 'running').record(hold('c')))).toEqual(['merge a']);
    expect(said(done().lead('b', 'running'), { busyTasks: new Set(['c']) })).toEqual(['merge a']);
  });

  it('puts a resolved conflict at the end of the queue', () => {
    const run = runOf([{ id: 'a' }, { id: 'b' }])
      .lead('a', 'merge_conflict')
      .lead('b', 'merge_pending')
      .record(taskDone('a'));
    expect(said(run)).toEqual(['merge b']);
  });
});

describe('a paused run', () => {
  const limited = () =>
    runOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
      .lead('a', 'running')
      .record({ type: 'task_rate_limited', task: 'a', until: timeOf(60) })
      .record({ type: 'run_paused', reason: 'limit', until: timeOf(60) });

  it('starts no agent, but settles, merges and blocks', () => {
    const run = limited().lead('b', 'running').lead('c', 'merge_pending');
    expect(said(run, { agents: new Map([['b', { kind: 'over' }]]) })).toEqual(['settle b', 'merge c']);
  });

  it('continues when the pause is over, first with the task that met the limit', () => {
    const over = { now: new Date(timeOf(60)) };
    const run = limited();
    expect(said(run, over)).toEqual(['record run_resumed']);
    expect(said(run.record({ type: 'run_resumed' }), over)).toEqual(['start a', 'prepare b', 'prepare c']);
  });

  it('without an end waits for a person', () => {
    const run = runOf([{ id: 'a' }]).record({ type: 'run_paused', reason: 'asked', until: null });
    expect(said(run, { now: new Date('2099-01-01') })).toEqual([]);
  });

  it('validates a wave, which needs no agent', () => {
    const run = new RunHistory(validated([{ id: 'a' }, { id: 'b', wave: 2 }], { 1: 'make check' }));
    run.lead('a', 'complete').record({ type: 'run_paused', reason: 'limit', until: timeOf(60) });
    expect(said(run)).toEqual(['validate 1']);
  });

  it('ends at once when nothing is left that the pause could hold back', () => {
    const run = limited().record({ type: 'task_aborted', task: 'a' }).lead('b', 'complete').lead('c', 'complete');
    expect(said(run)).toEqual(['finish failed']);
  });
});

describe('aborting', () => {
  const aborting = (run: RunHistory) => run.record({ type: 'run_aborting' });
  const mixed = () =>
    runOf(
      ['queued', 'ready', 'runs', 'done', 'held', 'blocked', 'conflict', 'merged', 'failed', 'left'].map((id) => ({
        id,
      })),
    )
      .lead('ready', 'worktree_created')
      .lead('runs', 'running')
      .lead('done', 'merge_pending')
      .lead('held', 'merge_pending')
      .record(hold('held'))
      .lead('blocked', 'blocked')
      .lead('conflict', 'merge_conflict')
      .lead('merged', 'complete')
      .lead('failed', 'failed')
      .lead('left', 'skipped');

  it('stops what runs, drops what waits and holds what is done', () => {
    expect(said(aborting(mixed()))).toEqual([
      'record task_aborted queued',
      'record task_aborted ready',
      'stop runs aborted',
      'record merge_held done',
      'record task_aborted blocked',
    ]);
  });

  it('ignores tasks that a job is working on until it has ended', () => {
    const run = aborting(runOf([{ id: 'a' }, { id: 'b' }]).lead('b', 'running'));
    expect(said(run, { busyTasks: new Set(['a', 'b']) })).toEqual([]);
  });

  it('lets a merge that is under way come to its end', () => {
    const run = aborting(
      runOf([{ id: 'a' }, { id: 'b' }])
        .lead('a', 'merge_pending')
        .lead('b', 'merge_pending'),
    );
    expect(said(run, { merging: true })).toEqual([]);
    expect(said(run.record({ type: 'task_merged', task: 'a', landed: 'l' }))).toEqual(['record merge_held b']);
  });

  it('ends as aborted when nothing continues any more', () => {
    const run = aborting(runOf([{ id: 'a' }]).lead('a', 'complete'));
    expect(said(run, { validating: true })).toEqual([]);
    expect(said(run)).toEqual(['finish aborted']);
  });

  it('also works in a paused run', () => {
    const run = runOf([{ id: 'a' }]).record({ type: 'run_paused', reason: 'limit', until: timeOf(60) });
    expect(said(aborting(run))).toEqual(['record task_aborted a']);
  });
});

describe('the end of a run', () => {
  it('comes when every task is settled and nothing is in progress', () => {
    const run = runOf([{ id: 'a' }, { id: 'b' }])
      .lead('a', 'complete')
      .lead('b', 'complete');
    expect(said(run)).toEqual(['finish completed']);
    expect(said(run, { busyTasks: new Set(['a']) })).toEqual([]);
    expect(said(run, { merging: true })).toEqual([]);
    expect(said(run, { validating: true })).toEqual([]);
  });

  it('is only reported once', () => {
    const run = runOf([{ id: 'a' }])
      .lead('a', 'complete')
      .record({ type: 'run_finished', state: 'completed' });
    expect(said(run)).toEqual([]);
  });

  it.each([
    ['complete', 'completed'],
    ['skipped', 'completed'],
    ['failed', 'failed'],
    ['merge_conflict', 'failed'],
    ['blocked', 'failed'],
    ['aborted', 'failed'],
  ] as const)('with a task that is %s is %s', (state, end) => {
    const run = runOf([{ id: 'a' }, { id: 'b' }])
      .lead('a', 'complete')
      .lead('b', state);
    expect(finalState(run.plan, run.state)).toBe(end);
  });

  it('is failed when a merge waits for a person or a validation failed', () => {
    const held = runOf([{ id: 'a' }])
      .lead('a', 'merge_pending')
      .record(hold('a'));
    expect(said(held)).toEqual(['finish failed']);
    const invalid = runOf([{ id: 'a' }]).lead('a', 'complete');
    invalid.record({ type: 'wave_validation_failed', wave: 1, message: 'exit 1' });
    expect(said(invalid)).toEqual(['finish failed']);
  });
});
