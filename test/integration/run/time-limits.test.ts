import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RunFixture } from '../../support/run-fixture.js';
import type { StubAgent } from '../../support/stub-agent.js';

const ONE = [{ id: 'task-001', wave: 1 }];
/** In minutes, as settings have it: 1.5 s. */
const SOON = 0.025;

async function living(run: RunFixture, pids: readonly number[]): Promise<number[]> {
  const marked = await run.processes.pids();
  return pids.filter((pid) => marked.includes(pid));
}

const timed = z.looseObject({ type: z.string(), at: z.string(), notBefore: z.string().optional() });

async function journal(run: RunFixture): Promise<z.output<typeof timed>[]> {
  return (await run.records()).map((record) => timed.parse(record));
}

function timeOf(record: { readonly at: string } | undefined): number {
  return Date.parse(record?.at ?? '');
}

async function shimOf(agent: StubAgent): Promise<number> {
  const dir = dirname(agent.started.environment['O8_PROMPT_FILE'] ?? '');
  const claim: unknown = JSON.parse(await readFile(join(dir, 'claim.json'), 'utf8'));
  return z.object({ shim: z.object({ pid: z.number() }) }).parse(claim).shim.pid;
}

describe('an agent whose time is over', () => {
  it('is stopped with everything it started, and its work is kept', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { timeout: SOON } });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.ignoreSignal('SIGTERM');
    const tree = [agent.pid, await agent.startChild('own')];
    await agent.writeFile('half.txt', 'half\n');
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'timeout', attempt: 1 });
    expect(await living(run, tree)).toEqual([]);
    expect(await readFile(join(run.worktree('task-001'), 'half.txt'), 'utf8')).toBe('half\n');
  });

  it('is stopped also when its shim was killed', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { timeout: SOON } });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    const child = await agent.startChild('own');
    process.kill(await shimOf(agent), 'SIGKILL');
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'timeout', attempt: 1 });
    expect(await living(run, [agent.pid, child])).toEqual([]);
  });
});

describe('an agent that says nothing', () => {
  it('is stopped when it was silent for stallTimeout, not before, and tried again', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { stallTimeout: SOON, retries: 1 } });
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    const child = await first.startChild('own');
    await first.gone;
    const second = await run.agents.waitForAgent('task-001');
    expect(await living(run, [first.pid, child])).toEqual([]);
    expect(await second.readFile(second.started.environment['O8_PROMPT_FILE'] ?? '')).toContain('silent for too long');
    await second.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    const [started, ended] = (await journal(run)).filter(({ type }) => /^attempt_(intended|ended)$/.test(type));
    expect(timeOf(ended) - timeOf(started)).toBeGreaterThan(SOON * 60_000);
  });
});

describe('a retry', () => {
  it('waits a second, twice as long the next time, and there are no more than allowed', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { retries: 2 } });
    await run.spawn();
    for (const code of [7, 8, 9]) await (await run.agents.waitForAgent('task-001')).exit(code);
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'exit_9', attempt: 3 });
    await run.waitForRun('failed');
    expect(run.agents.all).toHaveLength(3);
    const records = await journal(run);
    const starts = records.filter(({ type }) => type === 'attempt_intended').map(timeOf);
    const due = records.flatMap(({ notBefore }) => (notBefore === undefined ? [] : [Date.parse(notBefore)]));
    const decided = records.filter(({ type }) => type === 'task_retrying').map(timeOf);
    for (const [index, seconds] of [1, 2].entries()) {
      expect((due[index] ?? 0) - (decided[index] ?? 0)).toBeGreaterThan((seconds - 0.2) * 1000);
      expect(starts[index + 1]).toBeGreaterThanOrEqual(due[index] ?? Infinity);
    }
  });
});
