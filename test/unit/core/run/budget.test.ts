import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptBudget } from '../../../../src/core/run/budget.js';
import type { Plan } from '../../../../src/core/plan/plan.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory } from '../../../support/runs/run-history.js';

function plan(budget: { taskUsd?: number; runUsd?: number }, ids: readonly string[] = ['a', 'b', 'c']): Plan {
  return planOf(
    ids.map((id) => ({ id })),
    { settings: { budget } },
  );
}

function budgetOf(run: RunHistory, id: string): ReturnType<typeof attemptBudget> {
  const task = run.plan.tasks.find((each) => each.id === id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return attemptBudget(run.plan, run.state, task);
}

/** Started with what it may cost now. Returns that amount. */
function start(run: RunHistory, id: string): number {
  const budget = budgetOf(run, id);
  if (budget.kind !== 'limited') throw new Error(`${id}: ${budget.kind}`);
  const attempt = run.task(id).attempt + 1;
  if (attempt === 1) run.lead(id, 'worktree_created');
  const attemptId = `${id}.${attempt}`;
  run.record({ type: 'attempt_intended', task: id, attempt, attemptId, sessionId: null, budgetUsd: budget.usd });
  return budget.usd;
}

function fail(run: RunHistory, id: string, costUsd: number): void {
  run.record(attemptEnded(id, run.task(id).attempt, costUsd), {
    type: 'task_failed',
    task: id,
    reason: 'exit_1',
    message: '',
  });
}

function retry(run: RunHistory, id: string, costUsd: number): void {
  run.record(attemptEnded(id, run.task(id).attempt, costUsd), {
    type: 'task_retrying',
    task: id,
    reason: 'exit_1',
    message: '',
    notBefore: '',
  });
}

describe('what an attempt may cost', () => {
  it('is unlimited where nobody set a budget', () => {
    expect(budgetOf(new RunHistory(plan({})), 'a')).toEqual({ kind: 'unlimited' });
  });

  it('is what earlier attempts of the task left of its budget', () => {
    const run = new RunHistory(plan({ taskUsd: 1 }));
    expect(start(run, 'a')).toBe(1);
    retry(run, 'a', 0.25);
    expect(budgetOf(run, 'a')).toEqual({ kind: 'limited', usd: 0.75 });
    expect(budgetOf(run, 'b')).toEqual({ kind: 'limited', usd: 1 });
    start(run, 'a');
    retry(run, 'a', 0.745);
    expect(budgetOf(run, 'a')).toEqual({ kind: 'exhausted', which: 'task', ofUsd: 1 });
  });

  it('is an even share of the run’s, and what one task leaves goes to the others', () => {
    const run = new RunHistory(plan({ runUsd: 3 }));
    expect(start(run, 'a')).toBe(1);
    expect(start(run, 'b')).toBe(1);
    fail(run, 'a', 0.5);
    expect(start(run, 'c')).toBe(1.5);
  });

  it('is the smaller of what the task and the run have left', () => {
    const run = new RunHistory(plan({ taskUsd: 2, runUsd: 3 }));
    expect(start(run, 'a')).toBe(2);
    expect(start(run, 'b')).toBe(1);
  });

  it('waits while all that is left is reserved by agents that run, and is used up when they spent it', () => {
    const run = new RunHistory(plan({ taskUsd: 2, runUsd: 2 }));
    start(run, 'a');
    expect(budgetOf(run, 'b')).toEqual({ kind: 'wait' });
    retry(run, 'a', 0.5);
    expect(budgetOf(run, 'b')).toEqual({ kind: 'limited', usd: 1.5 });
    start(run, 'a');
    fail(run, 'a', 1.5);
    expect(budgetOf(run, 'b')).toEqual({ kind: 'exhausted', which: 'run', ofUsd: 2 });
  });

  it('never promises more than the run has, whatever starts, ends and costs when', () => {
    const step = fc.record({
      task: fc.constantFrom('a', 'b', 'c', 'd'),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const budgets = fc.record(
      {
        taskUsd: fc.double({ min: 0.02, max: 10, noNaN: true }),
        runUsd: fc.double({ min: 0.02, max: 10, noNaN: true }),
      },
      { requiredKeys: ['runUsd'] },
    );
    fc.assert(
      fc.property(budgets, fc.array(step, { maxLength: 30 }), (budget, steps) => {
        const run = new RunHistory(plan(budget, ['a', 'b', 'c', 'd']));
        for (const { task, share } of steps) {
          const { state } = run.task(task);
          if (state.state === 'running') retry(run, task, share * (state.budgetUsd ?? 0));
          else if (budgetOf(run, task).kind === 'limited') start(run, task);
          const records = [...run.state.tasks.values()];
          const promised = records.reduce(
            (sum, { costUsd, state: each }) => sum + costUsd + (each.state === 'running' ? (each.budgetUsd ?? 0) : 0),
            0,
          );
          // A share of less than a cent is rounded up to one.
          expect(promised).toBeLessThanOrEqual(budget.runUsd + 0.01 * records.length);
          for (const { costUsd } of records) expect(costUsd).toBeLessThanOrEqual((budget.taskUsd ?? Infinity) + 1e-9);
        }
      }),
    );
  });
});
