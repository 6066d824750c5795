import { describe, expect, it } from 'vitest';
import { waitingOf, waitingText, type Waiting, type WaitingFacts } from '../../../../src/core/report/waiting.js';
import { emptyTimeline, extendTimeline } from '../../../../src/core/report/timeline.js';
import type { SettingsFile } from '../../../../src/core/settings/settings.js';
import { planOf, type TaskFixture } from '../../../support/runs/plan-fixture.js';
import { RunHistory, timeOf } from '../../../support/runs/run-history.js';

const now = new Date('2026-11-21T08:06:00.000Z');
const alive: WaitingFacts = { now, ownerAlive: true, holdBack: null };

function runOf(tasks: readonly TaskFixture[], settings: SettingsFile = {}): RunHistory {
  const run = new RunHistory(planOf(tasks, { settings }));
  return run.record({ type: 'run_created', runId: run.plan.runId });
}

function waits(run: RunHistory, id: string, facts: Partial<WaitingFacts> = {}): Waiting | null {
  const timeline = extendTimeline(emptyTimeline(run.plan.tasks.map((task) => task.id)), run.records);
  const task = run.plan.tasks.find((each) => each.id === id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return waitingOf(run.plan, run.state, timeline, task, { ...alive, ...facts });
}

describe('what a task waits for', () => {
  it('is the tasks that it needs and that are not merged', () => {
    const run = runOf([{ id: 'a' }, { id: 'b' }, { id: 'c', deps: ['a', 'b'] }]).lead('a', 'complete');
    expect(waits(run, 'c')).toEqual({ for: 'tasks', since: timeOf(1), tasks: ['b'] });
  });

  it('is a slot, from the moment on at which the last needed task was merged', () => {
    const run = runOf([{ id: 'a' }, { id: 'b', deps: ['a'] }]).lead('a', 'complete');
    expect(waits(run, 'b')).toEqual({ for: 'slot', since: timeOf(run.state.seq) });
  });

  it('is nothing while its worktree is made, its agent works, or it needs a person', () => {
    const run = runOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }, { id: 'e' }]);
    run.record({ type: 'worktree_intended', task: 'a', start: 'start' });
    run.lead('b', 'running').lead('c', 'merge_conflict').lead('d', 'failed').lead('e', 'merge_pending');
    run.record({ type: 'merge_held', task: 'e', reason: 'the checkout has changes', hint: 'git stash' });
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => waits(run, id))).toEqual([null, null, null, null, null]);
  });

  it('is the next attempt, or the end of a usage limit, until that time has come', () => {
    const until = '2026-11-21T09:00:00.000Z';
    const run = runOf([{ id: 'a' }, { id: 'b' }])
      .lead('a', 'running')
      .lead('b', 'running');
    run.record({ type: 'task_retrying', task: 'a', reason: 'exit_1', message: 'exit code 1', notBefore: until });
    run.record({ type: 'task_rate_limited', task: 'b', until });
    expect(waits(run, 'a')).toEqual({ for: 'retry', since: timeOf(run.state.seq - 1), until });
    expect(waits(run, 'b')).toEqual({ for: 'limit', since: timeOf(run.state.seq), until });
    expect(waits(run, 'a', { now: new Date(until) })?.for).toBe('slot');
  });

  it('is the pause of the run, for tasks that could start otherwise', () => {
    const run = runOf([{ id: 'a' }, { id: 'b', deps: ['a'] }]);
    run.record({ type: 'run_paused', reason: 'paused by the user', until: null });
    expect(waits(run, 'a')).toEqual({ for: 'pause', since: timeOf(2), message: 'paused by the user' });
    expect(waits(run, 'b')?.for).toBe('tasks');
  });

  it('is a supervisor while the run is interrupted, the machine while nothing may start on it', () => {
    const run = runOf([{ id: 'a' }]);
    expect(waits(run, 'a', { ownerAlive: false })?.for).toBe('supervisor');
    expect(waits(run, 'a', { holdBack: '200 MB of disk left' })).toEqual({
      for: 'machine',
      since: timeOf(1),
      message: '200 MB of disk left',
    });
  });

  it('is the wave before where waves are barriers', () => {
    const tasks = [{ id: 'a' }, { id: 'b', wave: 2 }];
    expect(waits(runOf(tasks, { schedule: 'waves' }), 'b')).toEqual({ for: 'wave', since: timeOf(1), wave: 1 });
    expect(waits(runOf(tasks, { schedule: 'deps' }), 'b')?.for).toBe('slot');
  });

  it('is its place in the merge queue, in the order of completion', () => {
    const run = runOf([{ id: 'a' }, { id: 'b' }])
      .lead('b', 'merge_pending')
      .lead('a', 'merge_pending');
    expect(waits(run, 'b')).toMatchObject({ for: 'merge_queue', place: 1 });
    expect(waits(run, 'a')).toMatchObject({ for: 'merge_queue', place: 2, since: timeOf(run.state.seq) });
  });

  it('is nothing once the run has finished', () => {
    const run = runOf([{ id: 'a' }, { id: 'b', deps: ['a'] }])
      .lead('a', 'failed')
      .lead('b', 'blocked');
    run.record({ type: 'run_finished', state: 'failed' });
    expect(waits(run, 'b')).toBeNull();
  });
});

describe('what people read', () => {
  it.each([
    [{ for: 'tasks', since: '', tasks: ['a', 'b', 'c', 'd'] }, 'waits for a, b, c and 1 more'],
    [{ for: 'slot', since: '' }, 'waits for a free slot'],
    [{ for: 'wave', since: '', wave: 2 }, 'waits for the end of wave 2'],
    [{ for: 'pause', since: '', message: 'by the user' }, 'paused: by the user'],
    [{ for: 'merge_queue', since: '', place: 1 }, 'next in the merge queue'],
    [{ for: 'merge_queue', since: '', place: 3 }, 'in the merge queue behind 2 tasks'],
    [{ for: 'pull_request', since: '', message: 'checks are running' }, 'pull request: checks are running'],
  ] satisfies [Waiting, string][])('%j', (waiting, text) => {
    expect(waitingText(waiting, now)).toBe(text);
  });
});
