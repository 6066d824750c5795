import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../../src/core/run/events.js';
import { grownPlan } from '../../../../src/core/plan/grown-plan.js';
import { replay, replayOn } from '../../../../src/core/run/replay.js';
import { isAtRest, isPublished } from '../../../../src/core/run/run-state.js';
import { TASK_STATE_NAMES, type TaskStateName } from '../../../../src/core/run/task-state.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory, taskDone, timeOf } from '../../../support/runs/run-history.js';

const task = 'a';
const fresh = { kind: 'fresh' } as const;

it('what is added to a journal continues what was added up before, and other records begin anew', () => {
  const history = new RunHistory(planOf([{ id: task }])).lead(task, 'complete');
  const { plan, records } = history;
  const whole = replay(plan, records);
  for (const cut of records.keys()) {
    const before = { plan, records: records.slice(0, cut), state: replay(plan, records.slice(0, cut)) };
    expect(replayOn(before, plan, records).state).toEqual(whole);
    // Counts on from what it was given: the state before is not made again.
    const marked = { ...before, state: { ...before.state, verifyRuns: 77 } };
    expect(replayOn(marked, plan, records).state.verifyRuns).toBe(77);
    expect(replayOn(marked, { ...plan }, records).state).toEqual(whole);
    if (cut > 0) expect(replayOn(marked, plan, structuredClone(records)).state).toEqual(whole);
  }
});

type Outcomes = Partial<Record<TaskStateName, TaskStateName>>;

function all(...states: TaskStateName[]): { to: (state: TaskStateName) => Outcomes } {
  return { to: (state) => Object.fromEntries(states.map((from) => [from, state])) };
}

const unchanged: Outcomes = Object.fromEntries(TASK_STATE_NAMES.map((state) => [state, state]));

/** Every event of a task with the states it may follow and the state it leads to. */
const transitions: readonly (readonly [name: string, event: RunEvent, outcomes: Outcomes])[] = [
  [
    'task_skipped',
    { type: 'task_skipped', task, why: 'user', landed: null },
    all('queued', 'blocked', 'failed', 'aborted', 'skipped').to('skipped'),
  ],
  [
    'task_blocked',
    { type: 'task_blocked', task, by: ['b'] },
    all('queued', 'worktree_created', 'blocked').to('blocked'),
  ],
  [
    'task_requeued: unblocked',
    { type: 'task_requeued', task, why: 'unblocked', next: fresh },
    all('blocked').to('queued'),
  ],
  [
    'task_requeued: selected',
    { type: 'task_requeued', task, why: 'selected', next: fresh },
    all('skipped', 'blocked').to('queued'),
  ],
  [
    'task_requeued: retry',
    { type: 'task_requeued', task, why: 'retry', next: fresh },
    all('failed', 'aborted', 'blocked').to('queued'),
  ],
  [
    'task_requeued: lost',
    { type: 'task_requeued', task, why: 'lost', next: fresh },
    all('running').to('worktree_created'),
  ],
  ['worktree_intended', { type: 'worktree_intended', task, start: 's' }, all('queued').to('queued')],
  ['worktree_created', { type: 'worktree_created', task, start: 's' }, all('queued').to('worktree_created')],
  ['worktree_removed', { type: 'worktree_removed', task }, unchanged],
  ['branch_removed', { type: 'branch_removed', task, commit: 'c' }, unchanged],
  [
    'attempt_intended',
    { type: 'attempt_intended', task, attempt: 2, attemptId: 'a.2', sessionId: null, budgetUsd: null },
    all('worktree_created').to('running'),
  ],
  ['attempt_started', { type: 'attempt_started', task, attempt: 1, pid: 1 }, all('running').to('running')],
  ['attempt_void', { type: 'attempt_void', task, attempt: 1 }, all('running').to('worktree_created')],
  ['attempt_ended', attemptEnded(task), all('running').to('running')],
  [
    'task_retrying',
    { type: 'task_retrying', task, reason: 'timeout', message: '', notBefore: timeOf(9) },
    all('running', 'merge_pending', 'worktree_created').to('worktree_created'),
  ],
  ['task_rate_limited', { type: 'task_rate_limited', task, until: timeOf(9) }, all('running').to('worktree_created')],
  [
    'task_failed',
    { type: 'task_failed', task, reason: 'timeout', message: '' },
    all('queued', 'worktree_created', 'running', 'merge_pending').to('failed'),
  ],
  [
    'task_aborted',
    { type: 'task_aborted', task },
    all('queued', 'worktree_created', 'running', 'merge_pending', 'merge_conflict', 'blocked').to('aborted'),
  ],
  [
    'task_done',
    taskDone(task),
    all('running', 'merge_conflict', 'queued', 'skipped', 'merge_pending').to('merge_pending'),
  ],
  ['held_accepted', { type: 'held_accepted', task, tip: 't', keys: [] }, all('merge_pending').to('merge_pending')],
  ['merge_held', { type: 'merge_held', task, reason: '', hint: '' }, all('merge_pending').to('merge_pending')],
  [
    'merge_intended',
    { type: 'merge_intended', task, ref: 'r', from: 'f', to: 't' },
    all('merge_pending').to('merge_pending'),
  ],
  [
    'task_merged',
    { type: 'task_merged', task, landed: 'l' },
    all('merge_pending', 'merge_conflict').to('complete'), // a person resolves a conflict on the forge and merges there
  ],
  [
    'push_intended',
    { type: 'push_intended', task, commit: 'c', replaces: null },
    all('merge_pending').to('merge_pending'),
  ],
  ['branch_pushed', { type: 'branch_pushed', task, commit: 'c' }, unchanged],
  ['pull_opened', { type: 'pull_opened', task, number: 1, url: 'u', base: 'main' }, unchanged],
  ['pull_seen', { type: 'pull_seen', task, seen: { kind: 'waiting', message: 'checks', head: 'c' } }, unchanged],
  ['pull_reviewed', { type: 'pull_reviewed', task, head: 'c', verdict: 'merge', summary: '', costUsd: 0 }, unchanged],
  [
    'pull_returned',
    { type: 'pull_returned', task, note: 'n', about: 'x' },
    all('merge_pending', 'merge_conflict').to('worktree_created'),
  ],
  [
    'task_conflicted',
    { type: 'task_conflicted', task, files: [], targetCommit: 't', branchCommit: 'b' },
    all('merge_pending').to('merge_conflict'),
  ],
];

const cases = transitions.flatMap(([name, event, outcomes]) =>
  TASK_STATE_NAMES.map((from) => ({ name, event, from, to: outcomes[from] })),
);

function history(): RunHistory {
  return new RunHistory(planOf([{ id: 'a' }, { id: 'b' }]));
}

describe('a task', () => {
  it.each(cases.filter(({ to }) => to !== undefined))('goes from $from to $to with $name', ({ event, from, to }) => {
    const run = history().lead(task, from);
    expect(run.task(task).state.state).toBe(from);
    expect(run.record(event).task(task).state.state).toBe(to);
  });

  it.each(cases.filter(({ to }) => to === undefined))('that is $from refuses $name', ({ event, from }) => {
    const run = history().lead(task, from);
    expect(() => run.record(event)).toThrow(
      `task a is ${from}: ${event.type} (record ${run.state.seq + 1}) is not allowed in this state`,
    );
  });

  it('with a pull request keeps it over a retry, and lets the run end while it is open', () => {
    const run = history().lead(task, 'merge_pending');
    run.record({ type: 'push_intended', task, commit: 't', replaces: null });
    expect(run.task(task).pull).toMatchObject({ pushed: null, intent: { commit: 't', replaces: null } });
    run.record({ type: 'branch_pushed', task, commit: 'other' });
    run.record({ type: 'pull_opened', task, number: 7, url: 'u', base: 'main' });
    expect(isPublished(run.task(task))).toBe(false); // what is done is not what was pushed
    const { state } = run.task(task);
    run.record({ type: 'branch_pushed', task, commit: state.state === 'merge_pending' ? state.tip : '' });
    expect(isPublished(run.task(task))).toBe(false); // the pull request still describes what was pushed before
    run.record({ type: 'pull_opened', task, number: 7, url: 'u', base: 'main' });
    expect([isPublished(run.task(task)), isAtRest(run.task(task))]).toEqual([true, true]);
    run.record({ type: 'pull_returned', task, note: 'checks failed', about: 'ci' });
    expect(run.task(task)).toMatchObject({
      state: { state: 'worktree_created', next: { kind: 'continue', note: 'checks failed' } },
      pull: { returned: ['ci'], opened: { number: 7 } },
    });
    run.record({ type: 'task_failed', task, reason: 'timeout', message: '' });
    run.record({ type: 'task_requeued', task, why: 'retry', next: fresh });
    expect(run.task(task).pull).toMatchObject({ opened: { number: 7 }, returned: [], seen: null });
  });

  it('that joins later is in the state, and in the plan that goes with it', () => {
    const run = history();
    const [planned] = planOf([{ id: 'c' }]).tasks;
    if (planned === undefined) throw new Error('no task');
    run.record({ type: 'task_added', task: 'c', planned });
    expect(run.task('c')).toMatchObject({ state: { state: 'queued' }, changedAt: run.state.seq });
    const before = planOf([{ id: 'a' }, { id: 'b' }]);
    const grown = grownPlan(before, run.state.added);
    expect(grown.tasks.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(grown.waves.flatMap(({ tasks }) => tasks)).toEqual(['a', 'b', 'c']);
    expect(before.tasks.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(grownPlan(grown, run.state.added)).toBe(grown);
  });

  it('that the plan does not have is a bug', () => {
    expect(() => history().record(taskDone('c'))).toThrow('has no task c');
  });

  it('is only marked as changed by its own records', () => {
    const run = history().lead('b', 'running').lead('a', 'worktree_created');
    expect(run.task('a').changedAt).toBe(run.state.seq);
    expect(run.task('b').changedAt).toBe(4);
  });
});

describe('an attempt', () => {
  it('keeps the time of the first start, and the end of the last', () => {
    const run = history().lead(task, 'failed');
    expect(run.task(task)).toMatchObject({ startedAt: timeOf(3), finishedAt: timeOf(6) });
    run.record({ type: 'task_requeued', task, why: 'retry', next: fresh });
    expect(run.task(task)).toMatchObject({ startedAt: null, finishedAt: null });
  });

  it('has a process after that was seen', () => {
    const run = history().lead(task, 'worktree_created');
    run.record({ type: 'attempt_intended', task, attempt: 1, attemptId: 'a.1', sessionId: 's', budgetUsd: null });
    expect(run.task(task)).toMatchObject({ attempt: 1, sessionId: 's', state: { process: { kind: 'intended' } } });
    run.record({ type: 'attempt_started', task, attempt: 1, pid: 7 });
    expect(run.task(task).state).toMatchObject({ process: { kind: 'started', pid: 7 } });
  });

  it('is counted once, however often its end was recorded because of crashes', () => {
    const run = history()
      .lead(task, 'running')
      .record(attemptEnded(task, 1, 2), attemptEnded(task, 1, 2));
    expect(run.task(task)).toMatchObject({ costUsd: 2, tokens: 2000 });
  });

  it('adds its cost to that of earlier ones, also after a fresh start', () => {
    const run = history()
      .lead(task, 'running')
      .record(attemptEnded(task, 1, 2));
    run.record({ type: 'task_failed', task, reason: 'timeout', message: '' });
    run.record(
      { type: 'task_requeued', task, why: 'retry', next: fresh },
      { type: 'worktree_created', task, start: 's' },
    );
    run.record({ type: 'attempt_intended', task, attempt: 2, attemptId: 'a.2', sessionId: null, budgetUsd: null });
    run.record(attemptEnded(task, 2, 3));
    expect(run.task(task)).toMatchObject({ costUsd: 5, attempt: 2 });
  });

  it('that is tried again continues with a note, not before its time, and uses up a retry', () => {
    const run = history().lead(task, 'running');
    run.record({ type: 'task_retrying', task, reason: 'timeout', message: 'too slow', notBefore: timeOf(60) });
    expect(run.task(task)).toMatchObject({
      retriesUsed: 1,
      state: { notBefore: timeOf(60), next: { kind: 'continue', note: 'too slow' } },
    });
  });

  it('that met a usage limit waits for its end and uses up no retry', () => {
    const run = history()
      .lead(task, 'running')
      .record({ type: 'task_rate_limited', task, until: timeOf(60) });
    expect(run.task(task)).toMatchObject({
      retriesUsed: 0,
      state: { notBefore: timeOf(60), next: { kind: 'continue' } },
    });
  });

  it('that never started leaves the task unchanged', () => {
    const run = history().lead(task, 'running');
    run.record({ type: 'task_retrying', task, reason: 'timeout', message: 'too slow', notBefore: timeOf(5) });
    const before = run.task(task);
    run.record({ type: 'attempt_intended', task, attempt: 2, attemptId: 'a.2', sessionId: null, budgetUsd: 3 });
    expect(run.task(task).state).toMatchObject({ state: 'running', budgetUsd: 3 });
    run.record({ type: 'attempt_void', task, attempt: 2 });
    expect(run.task(task)).toMatchObject({
      state: { state: 'worktree_created', notBefore: null, next: { kind: 'continue', note: 'too slow' } },
      attempt: 2, // its folder is taken
      lostInARow: 0,
      retriesUsed: before.retriesUsed,
    });
  });

  it('that was lost counts until the end of an attempt is observed', () => {
    const run = history().lead(task, 'running');
    const lost: RunEvent = {
      type: 'attempt_ended',
      task,
      attempt: 1,
      exit: { kind: 'unknown' },
      costUsd: 0,
      tokens: 0,
    };
    run.record(lost, { type: 'task_requeued', task, why: 'lost', next: fresh });
    expect(run.task(task)).toMatchObject({ lostInARow: 1, retriesUsed: 0 });
    run.record({ type: 'attempt_intended', task, attempt: 2, attemptId: 'a.2', sessionId: null, budgetUsd: null });
    run.record({ ...lost, attempt: 2 });
    expect(run.task(task).lostInARow).toBe(1);
    run.record({ type: 'task_requeued', task, why: 'lost', next: fresh });
    expect(run.task(task).lostInARow).toBe(2);
    run.record(
      { type: 'attempt_intended', task, attempt: 3, attemptId: 'a.3', sessionId: null, budgetUsd: null },
      attemptEnded(task, 3),
    );
    expect(run.task(task).lostInARow).toBe(0);
  });
});

describe('a fresh start', () => {
  it('forgets the old branch and counts attempts on', () => {
    const run = history().lead(task, 'failed').record({ type: 'task_requeued', task, why: 'retry', next: fresh });
    expect(run.task(task)).toMatchObject({
      attempt: 1,
      start: null,
      worktree: 'none',
      retriesUsed: 0,
      sessionId: null,
    });
  });
});

describe('a merge', () => {
  it('that was announced is known until it is done', () => {
    const run = history().lead(task, 'merge_pending');
    run.record({ type: 'merge_intended', task, ref: 'r', from: 'f', to: 't' });
    expect(run.state.mergeIntents.get(task)).toEqual({ ref: 'r', from: 'f', to: 't' });
    run.record({ type: 'task_merged', task, landed: 't' });
    expect(run.state.mergeIntents.size).toBe(0);
  });

  it('that was announced counts no more once its branch has other commits', () => {
    const run = history().lead(task, 'merge_pending');
    run.record({ type: 'merge_intended', task, ref: 'r', from: 'f', to: 't' }, taskDone(task));
    expect(run.state.mergeIntents.size).toBe(1);
    run.record({ type: 'task_done', task, tip: 'grown', commits: 2, notes: [] });
    expect(run.state.mergeIntents.size).toBe(0);
  });

  it('that was held is in the queue again, at its end, when the task is done again', () => {
    const run = history().lead('a', 'merge_pending').lead('b', 'merge_pending');
    run.record({ type: 'merge_held', task: 'a', reason: 'in the way', hint: 'o8 merge' });
    expect(run.task('a').state).toMatchObject({ hold: { reason: 'in the way', hint: 'o8 merge' } });
    run.record(taskDone('a'));
    expect(run.task('a').state).toMatchObject({ hold: null, doneSeq: run.state.seq });
  });

  it('keeps notes of earlier endings', () => {
    const run = history()
      .lead(task, 'running')
      .record({ ...taskDone(task), type: 'task_done', task, tip: 't', commits: 1, notes: ['one'] });
    run.record({ type: 'task_done', task, tip: 't', commits: 2, notes: ['two'] });
    expect(run.task(task)).toMatchObject({ notes: ['one', 'two'], commits: 2 });
  });

  it('onto the base is announced first', () => {
    const landing = { branch: 'main', from: 'f', to: 't' };
    const run = history().record({ type: 'landing_intended', ...landing });
    expect(run.state).toMatchObject({ landingIntent: landing, landed: null });
    expect(run.record({ type: 'landed', ...landing, tasks: [] }).state).toMatchObject({
      landingIntent: null,
      landed: 't',
    });
  });
});

describe('a wave validation', () => {
  it('is forgotten on request, and when another task of its wave is merged', () => {
    const run = history().lead('a', 'complete').record({ type: 'wave_validated', wave: 1, commit: 'c' });
    expect(run.state.validations.get(1)).toEqual({ kind: 'passed', commit: 'c' });
    run.lead('b', 'complete');
    expect(run.state.validations.size).toBe(0);
    run.record({ type: 'wave_validation_failed', wave: 1, message: 'no' });
    expect(run.state.validations.get(1)).toEqual({ kind: 'failed', message: 'no' });
    expect(run.record({ type: 'wave_validation_reset', wave: 1 }).state.validations.size).toBe(0);
  });

  it('of another wave stays when a task is merged', () => {
    const run = new RunHistory(planOf([{ id: 'a' }, { id: 'b', wave: 2 }]));
    run.lead('a', 'complete').record({ type: 'wave_validated', wave: 1, commit: 'c' }).lead('b', 'complete');
    expect(run.state.validations.size).toBe(1);
  });
});

describe('a run', () => {
  const pause = (until: string | null): RunEvent => ({ type: 'run_paused', reason: 'limit', until });

  it('is paused and continues', () => {
    const run = history().record(pause(timeOf(60)));
    expect(run.state.phase).toEqual({ kind: 'paused', reason: 'limit', until: timeOf(60) });
    expect(run.record({ type: 'run_resumed' }).state.phase).toEqual({ kind: 'running' });
  });

  it('that is paused twice waits for the later end', () => {
    const run = history().record(pause(timeOf(60)), pause(timeOf(30)));
    expect(run.state.phase).toMatchObject({ until: timeOf(60) });
    expect(run.record(pause(timeOf(90))).state.phase).toMatchObject({ until: timeOf(90) });
  });

  it('that a person paused is not ended by the time of a limit', () => {
    const run = history().record(pause(timeOf(60)), pause(null), pause(timeOf(90)));
    expect(run.state.phase).toMatchObject({ until: null });
  });

  it('that is being aborted cannot be paused or resumed', () => {
    const run = history().record({ type: 'run_aborting' }, pause(timeOf(60)), { type: 'run_resumed' });
    expect(run.state.phase).toEqual({ kind: 'aborting' });
  });

  it('does not end while a task was queued again at the same moment', () => {
    const run = history().lead('a', 'failed').lead('b', 'complete');
    run.record(
      { type: 'task_requeued', task: 'a', why: 'retry', next: fresh },
      { type: 'run_finished', state: 'failed' },
    );
    expect(run.state.phase).toEqual({ kind: 'running' });
  });

  it.each<readonly [string, TaskStateName, RunEvent]>([
    ['a task is tried again', 'failed', { type: 'task_requeued', task, why: 'retry', next: fresh }],
    ['a conflict was resolved', 'merge_conflict', taskDone(task)],
    ['a wave is to be validated again', 'complete', { type: 'wave_validation_reset', wave: 1 }],
  ])('that is finished runs again when %s', (_what, from, event) => {
    const run = history().lead('a', from).lead('b', 'complete').record({ type: 'run_finished', state: 'failed' });
    expect(run.state.phase).toEqual({ kind: 'finished', state: 'failed' });
    expect(run.record(event).state.phase).toEqual({ kind: 'running' });
  });

  it('that is finished stays so while its leftovers are removed', () => {
    const run = history().lead('a', 'complete').lead('b', 'failed').record({ type: 'run_finished', state: 'failed' });
    run.record({ type: 'worktree_removed', task: 'a' }, { type: 'branch_removed', task: 'a', commit: 'c' });
    run.record({ type: 'run_aborting' }, { type: 'owner_changed', pid: 1, generation: 2 });
    expect(run.state.phase).toEqual({ kind: 'finished', state: 'failed' });
  });

  it('knows its owner, its target and how far its journal goes', () => {
    const run = history().record(
      { type: 'run_created', runId: 'r' },
      { type: 'owner_changed', pid: 5, generation: 2 },
      { type: 'target_created', ref: 'r', commit: 'c' },
      { type: 'request_done', request: 'q' },
    );
    expect(run.state).toMatchObject({ owner: { pid: 5, generation: 2 }, targetCreated: true, seq: 4 });
  });

  it('is the result of its journal', () => {
    const run = history()
      .lead('a', 'complete')
      .lead('b', 'merge_conflict')
      .record({ type: 'run_finished', state: 'failed' });
    expect(replay(run.plan, run.records)).toEqual(run.state);
  });
});
