import { describe, expect, it } from 'vitest';
import { TASK_STATE_NAMES } from '../../../../src/core/run/task-state.js';
import { naturalMergeOrder, unmergedTasks } from '../../../../src/core/merge/unmerged-tasks.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';

describe('tasks that may still be merged', () => {
  it('are those that are not over, and those in conflict', () => {
    const run = new RunHistory(planOf(TASK_STATE_NAMES.map((id) => ({ id }))));
    for (const state of TASK_STATE_NAMES) run.lead(state, state);
    expect(unmergedTasks(run.plan, run.state).map(({ id }) => id)).toEqual([
      'queued',
      'worktree_created',
      'running',
      'merge_pending',
      'merge_conflict',
      'blocked',
    ]);
  });

  it('wait in the order in which they were done, before those that are not', () => {
    const run = new RunHistory(planOf(['a', 'b', 'c', 'd'].map((id) => ({ id }))));
    run.lead('c', 'merge_pending').lead('a', 'running').lead('b', 'merge_pending');
    expect(naturalMergeOrder(run.plan, run.state).map(({ id }) => id)).toEqual(['c', 'b', 'a', 'd']);
  });
});
