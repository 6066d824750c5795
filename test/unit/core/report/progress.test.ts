import { describe, expect, it } from 'vitest';
import { isOver, progressBetween, progressLine, type ProgressEvent } from '../../../../src/core/report/progress.js';
import { summaryLine } from '../../../../src/core/report/final-report.js';
import type { TaskView } from '../../../../src/core/report/status-view.js';
import { planOf, seedTasks } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory, taskDone, timeOf } from '../../../support/runs/run-history.js';
import { viewsOf, wavesOf } from '../../../support/runs/task-views.js';

/** Follows a run as `o8 run --progress` does: the lines of everything that changed since the last look. */
function follow(run: RunHistory): () => { events: ProgressEvent[]; lines: string[] } {
  let before: ReadonlyMap<string, TaskView> = new Map();
  return () => {
    const after = viewsOf(run);
    const events = progressBetween(before, after, wavesOf(run));
    before = after;
    return { events, lines: events.flatMap((event) => progressLine(event) ?? []) };
  };
}

function seedRun(): RunHistory {
  return new RunHistory(planOf(seedTasks()));
}

const merged = (task: string) => ({ type: 'task_merged' as const, task, landed: 'l' });
const failed = (task: string) => ({ type: 'task_failed' as const, task, reason: 'timeout' as const, message: '' });

describe('progress lines', () => {
  it('say once that a pull request is open, before the end of its task', () => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'merge_pending');
    const look = follow(run);
    look();
    const task = 'a';
    run.record(
      { type: 'push_intended', task, commit: 'c', replaces: null },
      { type: 'branch_pushed', task, commit: 'c' },
      { type: 'pull_opened', task, number: 42, url: 'u', base: 'main' },
    );
    expect(look().lines).toEqual(['[PROGRESS] wave=1 task=a status=pr_created pr=42']);
    expect(summaryLine(viewsOf(run).values())).toBe('Summary: 0 completed, 1 pull request open');
    expect(look().lines).toEqual([]);
    run.record(merged(task));
    expect(look().lines[0]).toMatch(/^\[PROGRESS\] wave=1 task=a status=completed/);
  });

  it('are the fixed lines, word for word', () => {
    const run = seedRun();
    const look = follow(run);
    expect(look().lines).toEqual([]);
    for (const id of ['task-001', 'task-002', 'task-003']) run.lead(id, 'running');
    expect(look().lines).toEqual([
      '[PROGRESS] wave=1 status=started',
      '[PROGRESS] wave=1 task=task-001 status=started',
      '[PROGRESS] wave=1 task=task-002 status=started',
      '[PROGRESS] wave=1 task=task-003 status=started',
    ]);
    run.record(attemptEnded('task-001'), taskDone('task-001', 5), merged('task-001'));
    expect(look().lines).toEqual(['[PROGRESS] wave=1 task=task-001 status=completed commits=5']);
    run.record(attemptEnded('task-002'), failed('task-002'));
    expect(look().lines).toEqual(['[PROGRESS] wave=1 task=task-002 status=failed error=timeout']);
    run.record(attemptEnded('task-003'), taskDone('task-003', 3));
    expect(look()).toMatchObject({ lines: [], events: [{ kind: 'task_merging' }] });
    run.record(merged('task-003'));
    expect(look().lines).toEqual([
      '[PROGRESS] wave=1 task=task-003 status=completed commits=3',
      '[PROGRESS] wave=1 status=failed tasks=2/3',
    ]);
    run.record({ type: 'task_blocked', task: 'task-004', by: ['task-002', 'wave 1'] });
    expect(look().lines).toEqual(['[PROGRESS] wave=2 task=task-004 status=blocked by=task-002,wave-1']);
  });

  it('tell the end of a wave in which all went well, and the start of the next', () => {
    const run = seedRun();
    const look = follow(run);
    for (const id of ['task-001', 'task-002', 'task-003']) run.lead(id, 'complete');
    expect(look().lines.at(-1)).toBe('[PROGRESS] wave=1 status=completed tasks=3/3');
    run.lead('task-004', 'running');
    expect(look().lines[0]).toBe('[PROGRESS] wave=2 status=started');
  });

  it('give a start and an end to a task that did both between two looks', () => {
    const run = new RunHistory(planOf([{ id: 'a' }]));
    const look = follow(run);
    look();
    run.lead('a', 'failed');
    expect(look().lines).toEqual([
      '[PROGRESS] wave=1 status=started',
      '[PROGRESS] wave=1 task=a status=started',
      '[PROGRESS] wave=1 task=a status=failed error=exit_1',
      '[PROGRESS] wave=1 status=failed tasks=0/1',
    ]);
  });

  it('tell a second attempt, and its end although it ended like the first', () => {
    const run = new RunHistory(planOf([{ id: 'a' }, { id: 'b' }])).lead('a', 'failed');
    const look = follow(run);
    look();
    run.record({ type: 'task_requeued', task: 'a', why: 'retry', next: { kind: 'fresh' } });
    run.record({ type: 'worktree_created', task: 'a', start: 's' });
    run.record(
      { type: 'attempt_intended', task: 'a', attempt: 2, attemptId: 'a.2', sessionId: null, budgetUsd: null },
      failed('a'),
    );
    expect(look().lines).toEqual([
      '[PROGRESS] wave=1 task=a status=started',
      '[PROGRESS] wave=1 task=a status=failed error=timeout',
    ]);
  });

  it('leave tasks that are not in this run out of the count', () => {
    const run = new RunHistory(planOf([{ id: 'a' }, { id: 'b' }], { skip: ['b'] }));
    run.lead('b', 'skipped').lead('a', 'complete');
    expect(follow(run)().lines).toContain('[PROGRESS] wave=1 status=completed tasks=1/1');
    expect(follow(run)().lines).toContain('[PROGRESS] wave=1 task=b status=skipped');
  });

  it('say nothing of a wave that is left out as a whole', () => {
    const run = new RunHistory(planOf([{ id: 'a' }, { id: 'b', wave: 2 }], { wave: 1 })).lead('b', 'skipped');
    expect(follow(run)().lines).toEqual(['[PROGRESS] wave=2 task=b status=skipped']);
  });

  it.each([
    ['merge_conflict', 'status=conflict error=merge_conflict'],
    ['aborted', 'status=aborted'],
  ] as const)('tell a task that is %s', (state, end) => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', state);
    expect(follow(run)().lines).toContain(`[PROGRESS] wave=1 task=a ${end}`);
  });

  it('report a wave again that had ended and has restarted', () => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'merge_conflict');
    const look = follow(run);
    look();
    run.record(taskDone('a'));
    expect(look().lines).toEqual([]);
    run.record(merged('a'));
    expect(look().lines).toEqual([
      '[PROGRESS] wave=1 task=a status=completed commits=1',
      '[PROGRESS] wave=1 status=completed tasks=1/1',
    ]);
  });
});

describe('isOver', () => {
  it('counts a merge that waits for a person, not one in the queue', () => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'merge_pending');
    const over = () => [...viewsOf(run).values()].map(isOver);
    expect(over()).toEqual([false]);
    run.record({ type: 'merge_held', task: 'a', reason: '1 file in the way', hint: 'o8 merge' });
    expect(over()).toEqual([true]);
  });

  it('does not count a task that waits for its next attempt', () => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'running');
    run.record({ type: 'task_rate_limited', task: 'a', until: timeOf(60) });
    expect([...viewsOf(run).values()].map(isOver)).toEqual([false]);
  });
});
