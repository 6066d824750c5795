import { describe, expect, it } from 'vitest';
import { emptyTimeline, extendTimeline, type Timeline } from '../../../../src/core/report/timeline.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory, taskDone, timeOf } from '../../../support/runs/run-history.js';

function runOf(): RunHistory {
  const run = new RunHistory(planOf([{ id: 'a' }, { id: 'b', deps: ['a'] }]));
  return run.record({ type: 'run_created', runId: run.plan.runId });
}

function timelineOf(run: RunHistory): Timeline {
  return extendTimeline(emptyTimeline(['a', 'b']), run.records);
}

describe('the phases of a task', () => {
  it('follow each other without gaps, from the start of the run to the merge', () => {
    const run = runOf().lead('a', 'complete');
    expect(timelineOf(run).tasks.get('a')?.phases).toEqual([
      { kind: 'waiting', from: timeOf(1), to: timeOf(2) },
      { kind: 'worktree', from: timeOf(2), to: timeOf(3) },
      { kind: 'ready', from: timeOf(3), to: timeOf(4) },
      { kind: 'agent', from: timeOf(4), to: timeOf(6), attempt: 1 },
      { kind: 'settling', from: timeOf(6), to: timeOf(7) },
      { kind: 'merging', from: timeOf(7), to: timeOf(8) },
    ]);
  });

  it('show each attempt, and the wait between two of them', () => {
    const run = runOf().lead('a', 'running');
    run.record(attemptEnded('a'));
    run.record({ type: 'task_retrying', task: 'a', reason: 'exit_1', message: 'exit code 1', notBefore: timeOf(60) });
    run.record({ type: 'attempt_intended', task: 'a', attempt: 2, attemptId: 'a.2', sessionId: null, budgetUsd: null });
    const phases = timelineOf(run).tasks.get('a')?.phases ?? [];
    expect(phases.slice(3).map(({ kind, attempt, to }) => [kind, attempt, to !== null])).toEqual([
      ['agent', 1, true],
      ['settling', undefined, true],
      ['retry', undefined, true],
      ['agent', 2, false],
    ]);
  });

  it('are the same whether the journal is read at once or record by record', () => {
    const run = runOf().lead('a', 'merge_conflict').record(taskDone('a'));
    run.record({ type: 'verify_ran', number: 1, tasks: ['a'], commit: 'c', tree: 't', check: 'k', passed: true });
    run.record({ type: 'task_merged', task: 'a', landed: 'l' }).lead('b', 'failed');
    const oneByOne = run.records.reduce(
      (timeline, record) => extendTimeline(timeline, [record]),
      emptyTimeline(['a', 'b']),
    );
    expect(oneByOne).toEqual(timelineOf(run));
    expect(oneByOne.tasks.get('a')?.checks).toEqual([{ number: 1, at: timeOf(10), passed: true }]);
  });
});

describe('a run', () => {
  it('has its pauses, the last one open', () => {
    const run = runOf();
    run.record({ type: 'run_paused', reason: 'by the user', until: null }, { type: 'run_resumed' });
    run.record({ type: 'run_paused', reason: 'a usage limit', until: timeOf(60) });
    expect(timelineOf(run).pauses).toEqual([
      { from: timeOf(2), to: timeOf(3), reason: 'by the user' },
      { from: timeOf(4), to: null, reason: 'a usage limit' },
    ]);
  });

  it('is over until work continues', () => {
    const run = runOf().lead('a', 'failed').lead('b', 'blocked');
    run.record({ type: 'run_finished', state: 'failed' });
    expect(timelineOf(run).finishedAt).toBe(timeOf(run.state.seq));
    run.record({ type: 'task_requeued', task: 'a', why: 'retry', next: { kind: 'fresh' } });
    expect(timelineOf(run).finishedAt).toBeNull();
    expect(timelineOf(run).tasks.get('a')?.phases.at(-1)).toMatchObject({ kind: 'waiting', to: null });
  });
});
