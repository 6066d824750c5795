import { describe, expect, it } from 'vitest';
import { endBadly, endWell, openClaudeRun, openSession, optionOf } from '../../support/agents/stub-claude.js';

describe('the budget', () => {
  it('of a task applies to all its attempts together', async () => {
    const run = await openClaudeRun({
      tasks: [{ id: 'task-001', wave: 1 }],
      settings: { retries: 5, budget: { taskUsd: 1 } },
    });
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    expect(optionOf(first, '--max-budget-usd')).toBe('1.000000');
    await openSession(first);
    await endBadly(first, { subtype: 'error_during_execution', total_cost_usd: 0.4 });
    const second = await run.agents.waitForAgent('task-001');
    expect(optionOf(second, '--max-budget-usd')).toBe('0.600000');
    await openSession(second);
    await endBadly(second, { subtype: 'error_max_budget_usd', total_cost_usd: 0.61 });
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({
      reason: 'budget_exceeded',
      attempt: 2,
      costUsd: 1.01,
    });
    await run.waitForRun('failed');
    expect(run.agents.all).toHaveLength(2);
  });

  it('of a run is shared: unspent budget is available to later tasks, and nothing starts without budget', async () => {
    const run = await openClaudeRun({
      tasks: [
        { id: 'task-001', wave: 1 },
        { id: 'task-002', wave: 1 },
        { id: 'task-003', wave: 2, deps: ['task-001'] },
      ],
      settings: { retries: 1, budget: { runUsd: 1.2 } },
    });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    expect([one, two].map((agent) => optionOf(agent, '--max-budget-usd'))).toEqual(['0.400000', '0.400000']);
    await endWell(one, 0.2);
    const three = await run.agents.waitForAgent('task-003');
    // 1.20 less 0.20 that is spent and 0.40 that task-002 may still spend.
    expect(optionOf(three, '--max-budget-usd')).toBe('0.600000');
    await endWell(two, 0.4);
    await run.waitForTask('task-002', 'complete');
    await endBadly(three, { subtype: 'error_during_execution', total_cost_usd: 0.6 });
    expect(await run.waitForTask('task-003', 'failed')).toMatchObject({
      reason: 'budget_exceeded',
      message: 'budget of $1.20 for the run spent',
    });
    await run.waitForRun('failed');
    expect(run.agents.all).toHaveLength(3);
  });
});
