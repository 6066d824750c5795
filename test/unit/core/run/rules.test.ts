import { describe, expect, it } from 'vitest';
import { NO_FACTS } from '../../../../src/core/agents/base/agent-facts.js';
import { COMMAND_AGENT } from '../../../../src/core/agents/command/command-agent.js';
import { tasksThatNeedRoom } from '../../../../src/core/plan/room.js';
import { continueSteps, mayContinue } from '../../../../src/core/run/rules/continue.js';
import { acceptHeld, requeueForMerge } from '../../../../src/core/run/rules/requeue.js';
import { endOf, settle, type AttemptOver, type AttemptWork } from '../../../../src/core/run/rules/settle.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';

const NOW = new Date('2026-11-21T08:05:12.000Z');
const WORK: AttemptWork = { kind: 'usable', start: 'start', commits: 1, uncommitted: false };
const REWRITTEN: AttemptWork = { kind: 'unusable', message: 'the agent rewrote history' };

const running = (): RunHistory => new RunHistory(planOf([{ id: 'a' }])).lead('a', 'running');

const over = (more: Partial<AttemptOver>): AttemptOver => ({
  task: 'a',
  exit: { kind: 'exited', code: 0 },
  stop: null,
  agent: { ...COMMAND_AGENT, facts: NO_FACTS, rateLimitExitCode: 75 },
  markerPresent: true,
  limits: { timeoutMinutes: 120, stallMinutes: 15, budgetUsd: null, maxTurns: null },
  output: '/run/agent.jsonl',
  ...more,
});

const KILLED = { kind: 'signalled' as const, signal: 'SIGTERM' };
const UNGUARDED = { ...COMMAND_AGENT, facts: { ...NO_FACTS, unguarded: 'Write' }, rateLimitExitCode: null };

describe('settle', () => {
  it.each([
    ['a good end', over({}), { kind: 'take_work', start: 'start' }],
    ['one that was done when a pause stopped it', over({ stop: 'paused' }), { kind: 'take_work' }],
    ['one that was done when an abort stopped it', over({ stop: 'aborted' }), { kind: 'take_work' }],
    ['one that an abort stopped', over({ stop: 'aborted', exit: KILLED }), { kind: 'left_to_abort' }],
    ['an abort of one without a word', over({ stop: 'aborted', markerPresent: false }), { kind: 'left_to_abort' }],
    ['an abort of an unguarded one', over({ stop: 'aborted', agent: UNGUARDED }), { kind: 'left_to_abort' }],
    [
      'one that a pause stopped',
      over({ stop: 'paused', exit: KILLED }),
      { kind: 'record', events: [{ type: 'task_requeued', why: 'paused' }] },
    ],
    [
      'one that nobody saw end',
      over({ exit: { kind: 'unknown' } }),
      { kind: 'record', events: [{ type: 'task_requeued', why: 'lost' }] },
    ],
    [
      'a limit',
      over({ exit: { kind: 'exited', code: 75 } }),
      { kind: 'record', events: [{ type: 'task_rate_limited' }, { type: 'run_paused' }] },
    ],
    [
      'no word',
      over({ markerPresent: false }),
      { kind: 'fail', failure: { reason: 'no_completion_marker' }, quotes: true },
    ],
    ['too much output', over({ stop: 'output', exit: KILLED }), { kind: 'fail', failure: { retryable: false } }],
    ['no guard', over({ agent: UNGUARDED, stop: 'unguarded' }), { kind: 'fail', failure: { retryable: false } }],
    [
      'silence',
      over({ stop: 'stalled', exit: KILLED }),
      { kind: 'fail', failure: { reason: 'stalled', retryable: true } },
    ],
  ])('%s', (_, attempt, expected) => {
    const { state } = running();
    const first = settle(state, attempt, null, NOW);
    const settlement = first.kind === 'look_at_work' ? settle(state, attempt, WORK, NOW) : first;
    expect(settlement).toMatchObject(expected);
  });

  it('rescues what is not on the branch where the work cannot be taken', () => {
    const settlement = settle(running().state, over({}), REWRITTEN, NOW);
    expect(settlement).toMatchObject({ kind: 'fail', rescues: true, failure: { retryable: false } });
    expect(settle(running().state, over({ stop: 'aborted' }), REWRITTEN, NOW)).toEqual({ kind: 'left_to_abort' });
  });

  it('knows how an attempt ended that o8 stopped, even without a record', () => {
    expect(endOf({ kind: 'unknown' }, 'stalled')).toEqual(KILLED);
    expect(endOf({ kind: 'exited', code: 1 }, 'timeout')).toEqual({ kind: 'timed_out' });
    expect(endOf({ kind: 'unknown' }, null)).toEqual({ kind: 'unknown' });
  });
});

describe('a request to continue', () => {
  const NOTHING = { select: [], skip: [], retry: [] };

  it('waits for the end of what is being done for its tasks, also of those an abort stopped', () => {
    const { state } = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'aborted');
    const isBusy = (id: string): boolean => id === 'a';
    expect(mayContinue(state, { ...NOTHING, resume: true }, isBusy)).toBe(false);
    expect(mayContinue(state, NOTHING, isBusy)).toBe(true);
    const aborting = new RunHistory(planOf([{ id: 'a' }])).record({ type: 'run_aborting' });
    expect(mayContinue(aborting.state, NOTHING, () => false)).toBe(false);
  });

  it('ends a pause by a person, not one of a limit, and does not begin what is left out', () => {
    const history = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'failed');
    history.record({ type: 'run_paused', reason: 'limit', until: '2027-01-01T00:00:00.000Z' });
    expect(continueSteps(history.state, { ...NOTHING, retry: ['a'] })).toEqual([{ kind: 'start_over', task: 'a' }]);
    history.record({ type: 'run_paused', reason: 'asked', until: null });
    const steps = continueSteps(history.state, { ...NOTHING, retry: ['a'], skip: ['a'] });
    expect(steps.map((step) => (step.kind === 'record' ? step.event.type : step.kind))).toEqual([
      'run_resumed',
      'task_skipped',
    ]);
  });
});

describe('a requested merge', () => {
  it('explains a refusal only if the task was named', () => {
    const now = { unfinished: 'changes', tip: 'tip', movedBack: false };
    expect(requeueForMerge(now, true)).toEqual({ kind: 'refuse', why: 'unfinished' });
    expect(requeueForMerge(now, false)).toEqual({ kind: 'leave' });
    expect(requeueForMerge({ unfinished: null, tip: 'old', movedBack: true }, true)).toMatchObject({ kind: 'refuse' });
    expect(requeueForMerge({ unfinished: null, tip: 'tip', movedBack: false }, false)).toMatchObject({ kind: 'merge' });
  });

  it('accepts only changes that were shown', () => {
    const history = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'merge_pending');
    expect(acceptHeld(history.task('a'), 'tip-a')).toBeNull();
    const held = { tip: 'tip-a', keys: ['k'], findings: [] };
    history.record({ type: 'merge_held', task: 'a', reason: 'r', hint: 'h', held });
    expect(acceptHeld(history.task('a'), null)).toMatchObject({ type: 'held_accepted', tip: 'tip-a', keys: ['k'] });
    expect(acceptHeld(history.task('a'), 'newer')).toBeNull();
  });
});

describe('names that a run finds taken', () => {
  it('are free after that is recorded; another run has to be stopped until that is recorded', () => {
    const room = { retire: [{ task: 'a', runId: 'r', attempt: 1, ref: 'refs/o8/attempts/r/a/1' }], aside: ['b'] };
    const plan = { ...planOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]), room };
    expect([...tasksThatNeedRoom(plan)]).toEqual(['a', 'b']);
    const history = new RunHistory(plan).record({ type: 'owner_changed', pid: 1, generation: 7, replaced: 'other' });
    history.record(
      { type: 'room_made', task: 'b', kept: [], moved: [] },
      { type: 'owner_changed', pid: 2, generation: 8 },
    );
    expect([...history.state.roomMade]).toEqual(['b']);
    expect(history.state.stopping).toEqual({ run: 'other', generation: 7 });
    expect(history.record({ type: 'run_stopped', run: 'other' }).state.stopping).toBeNull();
  });
});
