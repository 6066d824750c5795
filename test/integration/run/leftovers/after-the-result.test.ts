import { describe, expect, it } from 'vitest';
import { processTable } from '../../../../src/process/trees/process-table.js';
import { openClaudeRun, openSession, say } from '../../../support/agents/stub-claude.js';
import { waitFor } from '../../../support/waiting/wait-for.js';

/** The grace is 30 s: everything about it is in one run. */
const TIMEOUT_MS = 120_000;

const good = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'Done.',
  structured_output: { status: 'complete', summary: 'Done.' },
};
const overage = {
  type: 'rate_limit_event',
  rate_limit_info: {
    status: 'rejected',
    resetsAt: 1,
    rateLimitType: 'five_hour',
    overageStatus: 'allowed',
    isUsingOverage: true,
    overageInUse: true,
  },
};

describe('a Claude that gave its result and does not exit', () => {
  it(
    'is stopped with its process tree after a grace period, also by a new supervisor; a limit paid as overage does not count',
    { timeout: TIMEOUT_MS },
    async () => {
      const run = await openClaudeRun({
        tasks: ['task-001', 'task-002', 'task-003'].map((id) => ({ id, wave: 1 })),
      });
      await run.spawn();
      const [held, failing, working] = await Promise.all(
        ['task-001', 'task-002', 'task-003'].map(async (id) => run.agents.waitForAgent(id)),
      );
      if (held === undefined || failing === undefined || working === undefined) throw new Error('three agents start');
      const child = await held.startChild('own');
      for (const agent of [held, failing, working]) {
        await openSession(agent);
        await say(agent, overage);
        await agent.writeFile(`${agent.task}.txt`, 'work\n');
        await agent.commit('Work');
      }
      await say(held, good);
      await say(failing, {
        ...good,
        subtype: 'error_max_budget_usd',
        is_error: true,
        result: 'over budget',
        structured_output: null,
      });
      await say(working, good);
      // Work in the background continued: that result was not the last.
      await say(working, { type: 'assistant', message: { id: 'm2', content: [{ type: 'text', text: 'More.' }] } });
      process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
      await waitFor(async () => (await run.status()).state === 'interrupted', { timeoutMs: 20_000, what: 'its end' });
      await run.spawn({ resume: true, dir: undefined });

      const done = await run.waitForTask('task-001', 'complete', 60_000);
      expect(await processTable.read(child)).toBeNull();
      expect(await processTable.read(held.pid)).toBeNull();
      expect(done.notes?.join('\n')).toMatch(
        /^gave its result and did not exit within 30 s; it was stopped, and with it: /m,
      );
      expect(await run.waitForTask('task-002', 'failed', 60_000)).toMatchObject({ reason: 'budget_exceeded' });
      expect(await run.task('task-003')).toMatchObject({ state: 'running', attempt: 1 });
      await say(working, good);
      await working.exit(0);
      const { tasks } = await run.waitForRun('failed');
      expect(tasks.map(({ state }) => state)).toEqual(['complete', 'failed', 'complete']);
      const notes = tasks.flatMap((task) => task.notes ?? []);
      expect(notes.filter((note) => note.includes('overage'))).toHaveLength(1);
      expect((await run.records()).map(({ type }) => type)).not.toContain('run_paused');
    },
  );
});
