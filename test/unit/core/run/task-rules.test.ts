import { describe, expect, it } from 'vitest';
import { NO_FACTS } from '../../../../src/core/agents/base/agent-facts.js';
import { COMMAND_AGENT } from '../../../../src/core/agents/command/command-agent.js';
import { leftOutTasks } from '../../../../src/core/plan/build-plan.js';
import { abortRun, keptByAbort } from '../../../../src/core/run/rules/abort.js';
import { adopt } from '../../../../src/core/run/rules/adopt.js';
import { continueSteps } from '../../../../src/core/run/rules/continue.js';
import { giveUp } from '../../../../src/core/run/rules/give-up.js';
import { rateLimited } from '../../../../src/core/run/rules/limit.js';
import { onlyAnnounced } from '../../../../src/core/run/rules/lost.js';
import { tipThatWaits } from '../../../../src/core/run/rules/requeue.js';
import { retryOrFail } from '../../../../src/core/run/rules/retry.js';
import { settle, type AttemptOver } from '../../../../src/core/run/rules/settle.js';
import { nextAttempt } from '../../../../src/core/run/rules/start.js';
import type { TaskStateName } from '../../../../src/core/run/task-state.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory } from '../../../support/runs/run-history.js';

const NOW = new Date('2026-11-21T08:05:12.000Z');
const LATER = '2026-11-21T09:00:00.000Z';
const NOTHING = { select: [], skip: [], retry: [] };

const plan = planOf([{ id: 'a', retries: 1, budgetUsd: 2 }]);
const [task] = plan.tasks;
if (task === undefined) throw new Error('the plan has a task');

function led(to: TaskStateName): RunHistory {
  return new RunHistory(plan).lead('a', to);
}

describe('to continue a run', () => {
  it('validates again the waves whose validation failed, and only those', () => {
    const history = led('complete').record(
      { type: 'wave_validation_failed', wave: 1, message: 'exit 1' },
      { type: 'wave_validated', wave: 2, commit: 'c' },
    );
    expect(continueSteps(history.state, NOTHING)).toEqual([
      { kind: 'record', event: { type: 'wave_validation_reset', wave: 1 } },
    ]);
  });

  it('starts a stopped task over when its worktree was removed', () => {
    const history = led('worktree_created').record({ type: 'task_aborted', task: 'a' });
    const last = (): unknown => continueSteps(history.state, { ...NOTHING, resume: true }).at(-1);
    expect(last()).toMatchObject({ kind: 'record', event: { why: 'resumed', next: { kind: 'continue' } } });
    history.record({ type: 'worktree_removed', task: 'a' });
    expect(last()).toEqual({ kind: 'start_over', task: 'a' });
  });
});

it('a task that is left out counts as landed where an earlier run landed it', () => {
  const skips = { ...planOf([{ id: 'a' }], { skip: ['a'] }), landed: { a: 'earlier' } };
  const [left] = leftOutTasks(skips);
  if (left === undefined) throw new Error('a is left out');
  expect(adopt(skips, left, null).events).toMatchObject([{ type: 'task_skipped', landed: 'earlier' }]);
});

it.each<[TaskStateName, 'task' | 'merge', object | null]>([
  ['queued', 'task', { type: 'task_failed', reason: 'worktree_failed' }],
  ['running', 'task', { type: 'task_failed', reason: 'agent_error' }],
  ['merge_pending', 'merge', { type: 'merge_held', reason: 'why' }],
  ['complete', 'merge', null],
  ['failed', 'task', null],
])('what is given up as %s in a %s ends with the reason', (state, kind, expected) => {
  const event = giveUp(plan.runId, led(state).state, { kind, task: 'a' }, 'why');
  if (expected === null) expect(event).toBeNull();
  else expect(event).toMatchObject(expected);
});

describe('the end of an attempt', () => {
  const over: AttemptOver = {
    task: 'a',
    exit: { kind: 'exited', code: 0 },
    stop: null,
    agent: { ...COMMAND_AGENT, facts: NO_FACTS, rateLimitExitCode: null },
    markerPresent: true,
    limits: { timeoutMinutes: 120, stallMinutes: 15, budgetUsd: null, maxTurns: null },
    output: '/run/agent.jsonl',
  };

  it('needs no look at the work of what an abort stopped before it was done', () => {
    const stopped = { ...over, stop: 'aborted' as const, exit: { kind: 'signalled' as const, signal: 'SIGTERM' } };
    expect(settle(led('running').state, stopped, null, NOW)).toEqual({ kind: 'left_to_abort' });
  });

  it('is good with changes and no commit, which o8 commits', () => {
    const work = { kind: 'usable' as const, start: 'start', commits: 0, uncommitted: true };
    expect(settle(led('running').state, over, work, NOW)).toEqual({ kind: 'take_work', start: 'start' });
    expect(settle(led('running').state, over, { ...work, uncommitted: false }, NOW)).toMatchObject({
      kind: 'fail',
      failure: { reason: 'no_commits' },
    });
  });
});

it('a failure is retried after a pause while there are retries left, unless a retry would repeat it', () => {
  const failure = { reason: 'exit_1', message: 'm', retryable: true } as const;
  const { state } = led('running');
  expect(retryOrFail(state, task, failure, NOW)).toMatchObject({
    type: 'task_retrying',
    notBefore: '2026-11-21T08:05:13.000Z',
  });
  expect(retryOrFail(state, task, { ...failure, retryable: false }, NOW)).toMatchObject({ type: 'task_failed' });
});

it('the whole run waits until the end that a limit names', () => {
  expect(rateLimited('a', LATER, NOW)).toMatchObject([
    { type: 'task_rate_limited', until: LATER },
    { type: 'run_paused', until: LATER },
  ]);
});

it('an attempt that was seen alive is not only announced', () => {
  expect(onlyAnnounced(led('running').state)).toEqual([]);
  const history = led('worktree_created').record({
    type: 'attempt_intended',
    task: 'a',
    attempt: 1,
    attemptId: 'a.1',
    sessionId: null,
    budgetUsd: null,
  });
  expect(onlyAnnounced(history.state)).toEqual([{ task: 'a', attempt: 1 }]);
});

it('conflicts and held work wait for a person, work in the queue does not', () => {
  const tip = (history: RunHistory): string | null => tipThatWaits(history.task('a').state);
  expect(tip(led('merge_pending'))).toBeNull();
  expect(tip(led('merge_conflict'))).toBe('b'.repeat(40));
  expect(tip(led('merge_pending').record({ type: 'merge_held', task: 'a', reason: 'r', hint: 'h' }))).toBe('tip-a');
});

describe('an abort', () => {
  it('is recorded for a run that goes on', () => {
    const history = led('failed');
    expect(abortRun(history.state)).toEqual([{ type: 'run_aborting' }]);
    expect(abortRun(history.record({ type: 'run_finished', state: 'failed' }).state)).toEqual([]);
  });

  it('keeps finished work for a merge, and gives up what was held', () => {
    expect(keptByAbort(plan.runId, led('merge_pending').task('a'))).toMatchObject({ type: 'merge_held' });
    const held = { tip: 'tip-a', keys: ['k'], findings: [] };
    const history = led('merge_pending').record({ type: 'merge_held', task: 'a', reason: 'r', hint: 'h', held });
    expect(keptByAbort(plan.runId, history.task('a'))).toBeNull();
  });
});

it('the next attempt starts while there is something left to spend', () => {
  const history = led('worktree_created');
  expect(nextAttempt(plan, history.state, task)).toEqual({ kind: 'start', attempt: 1, budgetUsd: 2 });
  const spent = led('running').record(attemptEnded('a', 1, 2));
  expect(nextAttempt(plan, spent.state, task)).toMatchObject({
    kind: 'record',
    event: { type: 'task_failed', reason: 'budget_exceeded' },
  });
});
