import { describe, expect, it } from 'vitest';
import { notificationEnvironment, notificationsBetween } from '../../../../src/core/report/notification.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory, timeOf } from '../../../support/runs/run-history.js';

const history = (): RunHistory => new RunHistory(planOf([{ id: 'a' }, { id: 'b' }]));

/** The notifications for what `change` does to the run. */
function told(run: RunHistory, change: (run: RunHistory) => unknown): string[] {
  const before = run.state;
  change(run);
  return notificationsBetween(before, run.state).map(
    ({ event, task, state, message }) => `${event} ${task ?? '-'} ${state}: ${message}`,
  );
}

describe('notifications', () => {
  it('tell of completion, failure and conflict, with what a person wants to know', () => {
    expect(told(history(), (run) => run.lead('a', 'complete'))).toEqual([
      'task_complete a complete: a: complete (1 commit)',
    ]);
    expect(told(history(), (run) => run.lead('a', 'failed'))).toEqual([
      'task_failed a failed: a: failed: exit_1: the agent exited with code 1',
    ]);
    expect(told(history(), (run) => run.lead('a', 'merge_conflict'))).toEqual([
      'task_conflict a merge_conflict: a: conflict: src/app.js',
    ]);
  });

  it('tell of a pause and of the end, after what happened to the tasks', () => {
    const run = history();
    expect(told(run, () => run.record({ type: 'run_paused', reason: 'limit', until: timeOf(60) }))).toEqual([
      `run_paused - paused: limit; until ${timeOf(60)}`,
    ]);
    const change = (): RunHistory =>
      run.lead('a', 'complete').lead('b', 'complete').record({ type: 'run_finished', state: 'completed' });
    expect(told(run, change).map((line) => line.split(':')[0])).toEqual([
      'task_complete a complete',
      'task_complete b complete',
      'run_finished - completed',
    ]);
  });

  it('repeat nothing, except a second failure', () => {
    const run = history().lead('a', 'failed');
    expect(told(run, () => run.lead('b', 'running').record({ type: 'worktree_removed', task: 'a' }))).toEqual([]);
    const again = told(run, () =>
      run.record(
        { type: 'task_requeued', task: 'a', why: 'retry', next: { kind: 'fresh' } },
        { type: 'task_failed', task: 'a', reason: 'setup_failed', message: 'setup: exit 1' },
      ),
    );
    expect(again).toEqual(['task_failed a failed: a: failed: setup_failed: setup: exit 1']);
  });

  it('are one short line without control characters', () => {
    const run = history();
    const message = `verify: exit 1\n\u001b[31mred\u0000 ${'x'.repeat(1000)}`;
    const [line = ''] = told(run, () =>
      run.record({ type: 'task_failed', task: 'a', reason: 'verify_failed', message }),
    );
    expect(line).toContain('verify: exit 1 red x');
    expect(line).not.toMatch(/[\u0000-\u001f]/);
    expect(line.length).toBeLessThan(600);
  });

  it('are data in the environment', () => {
    const environment = notificationEnvironment({
      event: 'run_finished',
      runId: 'r',
      task: null,
      state: 'failed',
      message: '$(id)',
    });
    expect(environment).toEqual({
      O8_EVENT: 'run_finished',
      O8_RUN_ID: 'r',
      O8_TASK_ID: '',
      O8_STATE: 'failed',
      O8_MESSAGE: '$(id)',
    });
  });
});
