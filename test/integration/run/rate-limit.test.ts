import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RunFixture } from '../../support/runs/run-fixture.js';
import type { StubAgent } from '../../support/agents/stub-agent.js';
import { endBadly, endWell, openClaudeRun, openSession, optionOf, say } from '../../support/agents/stub-claude.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const TWO = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
];

const timed = z.looseObject({
  at: z.string(),
  type: z.string(),
  task: z.string().optional(),
  until: z.string().optional(),
});

async function journal(run: RunFixture): Promise<z.output<typeof timed>[]> {
  return (await run.records()).map((record) => timed.parse(record));
}

/** When the pause ends, as it was recorded: it may be over before `status` is asked. */
async function untilPaused(run: RunFixture): Promise<number> {
  const record = await waitFor(async () => (await journal(run)).find(({ type }) => type === 'run_paused'), {
    timeoutMs: 20_000,
    what: 'the run to be paused',
  });
  expect(record).toMatchObject({ reason: 'a rate or usage limit was reached' });
  return Date.parse(record.until ?? '');
}

describe('a rate or usage limit', () => {
  it.each([
    [
      'of a rate_limit_event',
      async (agent: StubAgent) => {
        const resetsAt = Math.ceil(Date.now() / 1000) + 2;
        await say(agent, { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt } });
        await endBadly(agent, { result: 'limit' });
      },
    ],
    [
      'of an error result with its end in words',
      async (agent: StubAgent) =>
        endBadly(agent, { api_error_status: 429, result: "You've hit your session limit · resets in 2s" }),
    ],
  ])('%s pauses the run until its end; then the same session continues, and it was no retry', async (_, limit) => {
    const run = await openClaudeRun({ tasks: TWO, settings: { maxConcurrency: 1, retries: 0 } });
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    const session = await openSession(first);
    await first.writeFile('half.txt', 'half\n');
    await limit(first);
    const until = await untilPaused(run);
    expect(until).toBeLessThan(Date.now() + 4000);

    const second = await run.agents.waitForAgent('task-001');
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(optionOf(second, '--resume')).toBe(session);
    expect(optionOf(second, '--session-id')).toBeNull();
    expect(second.started.stdin).toContain('The usage limit that stopped you has ended.');
    expect(await second.readFile('half.txt')).toBe('half\n');
    await openSession(second);
    await endWell(second, 0.1);
    await endWell(await run.agents.waitForAgent('task-002'), 0.1);
    await run.waitForRun('completed');
    const records = await journal(run);
    expect(records.map(({ type }) => type)).not.toContain('task_retrying');
    const resumed = records.findIndex(({ type }) => type === 'run_resumed');
    const other = records.findIndex(({ type, task }) => type === 'attempt_intended' && task === 'task-002');
    expect(other).toBeGreaterThan(resumed);
    expect(Date.parse(records[resumed]?.at ?? '')).toBeGreaterThanOrEqual(until);
  });

  it('of another program is its agent.rateLimitExitCode: a pause of five minutes, and no retry', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1) });
    const agent = { command: run.agents.command, rateLimitExitCode: 75 };
    await run.repository.write('.claude/parallel-config.json', JSON.stringify({ agent, retries: 0, killAfter: 1 }));
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    await first.writeFile('half.txt', 'half\n');
    await first.exit(75);
    const until = await untilPaused(run);
    expect(until - Date.now()).toBeGreaterThan(4 * 60_000);
    expect(until - Date.now()).toBeLessThanOrEqual(5 * 60_000);
    expect(await run.status()).toMatchObject({ state: 'paused', pausedUntil: new Date(until).toISOString() });
    expect(await run.task('task-001')).toMatchObject({ state: 'worktree_created', attempt: 1 });
    await run.call('spawn', { pause: 'off' });
    const second = await run.agents.waitForAgent('task-001');
    expect(await second.readFile('half.txt')).toBe('half\n');
    await second.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    expect((await journal(run)).map(({ type }) => type)).not.toContain('task_retrying');
  });
});
