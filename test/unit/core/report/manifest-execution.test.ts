import { describe, expect, it } from 'vitest';
import { executionBlock, type ExecutionTask } from '../../../../src/core/report/manifest-execution.js';
import { planOf, seedTasks } from '../../../support/runs/plan-fixture.js';

const PLAN = planOf(seedTasks());

function block(states: Record<string, ExecutionTask['state'] | ExecutionTask>) {
  const entries = Object.entries(states).map(
    ([id, state]) => [id, typeof state === 'string' ? { state } : state] as const,
  );
  return executionBlock(PLAN, new Map(entries));
}

function statuses(states: Record<string, ExecutionTask['state'] | ExecutionTask>): string[] {
  const {
    status,
    waves: [first, second],
  } = block(states);
  return [status, first?.status ?? '', second?.status ?? ''];
}

const FIRST_DONE = { 'task-001': 'complete', 'task-002': 'complete', 'task-003': 'complete' } as const;

describe('the execution block', () => {
  it('of a run that has not begun has the fixed keys', () => {
    expect(block({})).toEqual({
      status: 'pending',
      script_path: 'scripts/run-parallel.sh',
      workspace_root: '../workspaces',
      options: { max_concurrent: 3 },
      waves: [
        { wave: 1, status: 'pending', tasks: ['task-001', 'task-002', 'task-003'] },
        { wave: 2, status: 'pending', tasks: ['task-004', 'task-005'] },
      ],
      failed_tasks: [],
      skipped_tasks: [],
    });
  });

  it('follows the run wave by wave', () => {
    expect(statuses({ 'task-001': 'running' })).toEqual(['running', 'running', 'pending']);
    expect(statuses({ ...FIRST_DONE, 'task-003': 'merge_pending' })).toEqual(['running', 'running', 'pending']);
    expect(statuses({ ...FIRST_DONE })).toEqual(['running', 'completed', 'pending']);
    expect(statuses({ ...FIRST_DONE, 'task-004': 'complete', 'task-005': 'complete' })).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
  });

  it('is failed only when no task can continue', () => {
    const failed = { state: 'failed', reason: 'timeout' } as const;
    expect(statuses({ ...FIRST_DONE, 'task-003': failed, 'task-002': 'running' })[0]).toBe('running');
    const end = { ...FIRST_DONE, 'task-003': failed, 'task-004': 'blocked', 'task-005': 'blocked' } as const;
    expect(statuses(end)).toEqual(['failed', 'failed', 'pending']);
    expect(block(end)).toMatchObject({ failed_tasks: ['task-003'], errors: { 'task-003': 'timeout' } });
  });

  it('counts conflicts and aborted tasks as failed', () => {
    const end = block({ ...FIRST_DONE, 'task-002': 'merge_conflict', 'task-004': 'aborted', 'task-005': 'aborted' });
    expect(end.failed_tasks).toEqual(['task-002', 'task-004', 'task-005']);
    expect(end.errors).toEqual({ 'task-002': 'merge_conflict', 'task-004': 'aborted', 'task-005': 'aborted' });
  });

  it('lists what the user skipped, and leaves tasks of a wave not asked for pending', () => {
    const other = { state: 'skipped', reason: 'other_wave' } as const;
    const end = block({
      ...FIRST_DONE,
      'task-003': { state: 'skipped', reason: 'user' },
      'task-004': other,
      'task-005': other,
    });
    expect(end.skipped_tasks).toEqual(['task-003']);
    expect([end.status, ...end.waves.map((wave) => wave.status)]).toEqual(['pending', 'completed', 'pending']);
  });
});
