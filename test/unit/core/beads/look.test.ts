import { describe, expect, it } from 'vitest';
import { lookAtTasks, waitsForUs, type LookFacts } from '../../../../src/core/beads/look.js';
import type { Issue } from '../../../../src/core/beads/issue.js';
import { newTask } from '../../../../src/core/run/replay-task.js';
import { initialState } from '../../../../src/core/run/replay.js';
import type { RunState, TaskRecord } from '../../../../src/core/run/run-state.js';
import type { TaskState } from '../../../../src/core/run/task-state.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const plan = planOf([{ id: 'a' }]);
const FRESH = { kind: 'fresh' } as const;
const QUEUED: TaskState = { state: 'queued', notBefore: null, next: FRESH };
const FAILED: TaskState = { state: 'failed', reason: 'timeout', message: '' };
const CREATED: TaskState = { state: 'worktree_created', notBefore: null, next: FRESH };
const RUNNING: TaskState = {
  ...QUEUED,
  state: 'running',
  attemptId: '',
  since: '',
  budgetUsd: null,
  process: { kind: 'intended' },
};
const CLAIMED: TaskState = { state: 'skipped', why: 'claimed', landed: null };
const COMPLETE: TaskState = { state: 'complete', landed: 'c' };

function stateWith(state: TaskState, more: Partial<TaskRecord> = {}): RunState {
  return { ...initialState(plan), tasks: new Map([['a', { ...newTask('a', 1), ...more, state }]]) };
}

function issue(change: Partial<Issue>): Issue {
  const texts = { title: 'A', description: '', design: '', acceptance: '', notes: '', createdAt: '' };
  const lists = { labels: [], links: [], parent: null, ephemeral: false, commentCount: 0, comments: null };
  return { id: 'a', status: 'open', priority: 2, type: 'task', assignee: null, ...texts, ...lists, ...change };
}

function kinds(state: TaskState, found: Partial<Issue> | null, facts: Partial<LookFacts> = {}): string[] {
  const issues = new Map(found === null ? [] : [['a', issue(found)]]);
  const nothing = { actor: 'o8', told: () => null, isBusy: () => false, isFirst: false };
  return lookAtTasks(plan, stateWith(state), { ...nothing, issues, ...facts }).map(({ kind }) => kind);
}

describe('a look at Beads', () => {
  it.each<[string, TaskState, Partial<Issue> | null, Partial<LookFacts>, string[]]>([
    ['closed before it began', QUEUED, { status: 'closed' }, {}, ['done_elsewhere']],
    ['deleted before it began', QUEUED, null, {}, ['done_elsewhere']],
    ['closed, which failed here', FAILED, { status: 'closed' }, {}, ['done_elsewhere']],
    ['closed by whoever claimed it', CLAIMED, { status: 'closed' }, {}, ['done_elsewhere']],
    ['closed while its agent runs', RUNNING, { status: 'closed' }, {}, ['note']],
    ['given up by whoever claimed it', CLAIMED, {}, {}, ['select']],
    ['still claimed', CLAIMED, { status: 'in_progress', assignee: 'ada' }, {}, []],
    ['reset, which failed', FAILED, {}, { told: () => 'blocked' }, ['begin_anew']],
    ['open because nobody said otherwise yet', FAILED, {}, {}, []],
    ['open because an abort said so', { state: 'aborted' }, {}, { told: () => 'open' }, []],
    ['reset while nobody owned the run', CREATED, {}, { told: () => 'in_progress', isFirst: true }, ['begin_anew']],
    ['reset when it may start at any moment', CREATED, {}, { told: () => 'in_progress' }, []],
    ['reopened after it was merged', COMPLETE, {}, { told: () => 'closed' }, ['note']],
    ['not closed yet', COMPLETE, { status: 'in_progress' }, { told: () => 'in_progress' }, []],
    ['at work', QUEUED, { status: 'closed' }, { isBusy: () => true }, []],
  ])('finds an issue %s', (_, state, found, facts, expected) => {
    expect(kinds(state, found, facts)).toEqual(expected);
  });

  it('holds the run for what waits only for the run itself', () => {
    const waiting = new Map([
      ['b', ['a']],
      ['c', ['b']],
    ]);
    const holds = (state: TaskState, more: typeof waiting = waiting, closing = false) =>
      waitsForUs(stateWith(state), more, () => closing);
    expect(holds(QUEUED)).toBe(true);
    expect(holds(COMPLETE, waiting, true)).toBe(true);
    expect(holds(COMPLETE)).toBe(false);
    expect(holds(FAILED)).toBe(false);
    expect(holds(QUEUED, new Map([['b', ['a', 'adas']]]))).toBe(false);
    expect(
      holds(
        QUEUED,
        new Map([
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toBe(false);
    expect(holds(QUEUED, new Map())).toBe(false);
  });
});
