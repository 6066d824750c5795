import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killSupervisor } from '../../support/faults/crash.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];
const TWO = [...ONE, { id: 'task-002', wave: 2, deps: ['task-001'] }];

/** Until the supervisor has gone round again: it writes the queue file again within a second when it is gone. */
async function untilLookedAt(run: RunFixture): Promise<void> {
  const file = join(run.root, '.claude/parallel-queue.json');
  await rm(file);
  await waitFor(() => existsSync(file), { timeoutMs: 20_000, what: 'another look of the supervisor' });
}

describe('pause', () => {
  it('lets the running agent finish and be merged, starts no other, and unpause continues', async () => {
    const run = await RunFixture.open({ tasks: TWO });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const paused = await run.call('spawn', { pause: 'let_finish' });
    expect(paused).toMatchObject({
      message:
        'Paused: no new agents start. Still running, will finish and be merged: task-001. To continue: spawn with pause: "off"',
      tasks: [{ id: 'task-001', state: 'running' }],
    });
    await one.succeed('task-001.txt', 'task-001\n');
    await run.waitForTask('task-001', 'complete');
    await untilLookedAt(run);
    await untilLookedAt(run);
    expect(await run.status()).toMatchObject({
      state: 'paused',
      message: 'paused by user',
      hint: 'spawn with pause: "off"',
      supervisor: { alive: true },
      counts: { complete: 1, queued: 1 },
    });
    expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(true);
    expect(run.agents.all).toHaveLength(1);
    const unpaused = await run.o8('unpause');
    expect(unpaused).toMatchObject({ code: 0, stdout: 'Run resumed.\n' });
    await run.succeed('task-002');
    await run.waitForRun('completed');
  });

  it('with --now stops the agents, keeps their work, counts no retry, and the same session continues later', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { retries: 0 } });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const child = await one.startChild('own');
    await one.writeFile('half.txt', 'half\n');
    const paused = await run.o8('pause', '--now');
    expect(paused.code, paused.stderr).toBe(0);
    expect(paused.stdout).toBe(
      'Paused: no new agents start. Stopped, will be continued: task-001. To continue: o8 unpause\n',
    );
    const marked = await run.processes.pids();
    expect(marked).not.toContain(one.pid);
    expect(marked).not.toContain(child);
    expect(await run.task('task-001')).toMatchObject({ state: 'worktree_created', attempt: 1 });
    expect((await run.status()).state).toBe('paused');
    expect((await run.o8('unpause')).code).toBe(0);
    const again = await run.agents.waitForAgent('task-001');
    expect(await again.readFile('half.txt')).toBe('half\n');
    await again.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    const types = (await run.records()).map(({ type }) => type);
    expect(types).not.toContain('task_retrying');
    expect(types).not.toContain('task_failed');
  });

  it('can be changed to --now while agents are finishing', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await run.call('spawn', { pause: 'let_finish' });
    await run.call('spawn', { pause: 'now' });
    await one.gone;
    expect((await run.task('task-001')).state).toBe('worktree_created');
  });

  it('does not keep abort from working', async () => {
    const run = await RunFixture.open({ tasks: TWO });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await run.call('spawn', { pause: 'let_finish' });
    await run.call('abort', {});
    await one.gone;
    expect((await run.waitForRun('aborted')).counts).toEqual({ aborted: 2 });
    expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(false);
  });

  it('outlives its supervisor: status says interrupted, and resume ends the pause', async () => {
    const run = await RunFixture.open({ tasks: TWO });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await run.call('spawn', { pause: 'let_finish' });
    await one.succeed('task-001.txt', 'task-001\n');
    await run.waitForTask('task-001', 'complete');
    await killSupervisor(run);
    expect(await run.status()).toMatchObject({ message: 'The supervisor is not running.' });
    await run.call('spawn', { resume: true });
    expect((await run.status()).state).toBe('running');
    await run.succeed('task-002');
    await run.waitForRun('completed');
    expect(run.agents.all).toHaveLength(2);
  });

  it('is ended by unpause also when its supervisor was killed', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    await run.call('spawn', { pause: 'now' });
    await killSupervisor(run);
    expect(await run.o8('unpause')).toMatchObject({ code: 0, stdout: 'Run resumed.\n' });
    await run.succeed('task-001');
    await run.waitForRun('completed');
  });

  it('with --now is completed by the next supervisor when the first is killed in the middle of it', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { killAfter: 600 } });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await one.ignoreSignal('SIGTERM');
    const o8 = run.start('pause', '--now');
    const hasPaused = async (): Promise<boolean> => (await run.records()).some(({ type }) => type === 'run_paused');
    await waitFor(hasPaused, { timeoutMs: 20_000, what: 'the pause to be recorded' });
    process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
    process.kill(one.pid, 'SIGKILL');
    const { code, stderr } = await o8.ended;
    expect(code, stderr).toBe(0);
    expect((await run.status()).state).toBe('paused');
    expect(await run.task('task-001')).toMatchObject({ state: 'worktree_created', attempt: 1 });
    await run.o8('unpause');
    await run.succeed('task-001');
    await run.waitForRun('completed');
  });

  it('is told by who follows the run, and so is its end', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const o8 = run.start('run', PLAN_DIR, '--yes');
    const one = await run.agents.waitForAgent('task-001');
    await run.call('spawn', { pause: 'let_finish' });
    await o8.waitForOutput('Paused: paused by user (o8 unpause)');
    await run.call('spawn', { pause: 'off' });
    await o8.waitForOutput('Run resumed');
    await one.succeed('task-001.txt', 'task-001\n');
    expect((await o8.ended).code).toBe(0);
  });
});

describe('unpause', () => {
  it('of a rate limit continues at once instead of after the limit', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const agent = { command: run.agents.command, rateLimitExitCode: 75 };
    await run.repository.write('.claude/parallel-config.json', JSON.stringify({ agent, killAfter: 1 }));
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await one.exit(75);
    await waitFor(async () => (await run.status()).state === 'paused', { timeoutMs: 20_000, what: 'paused' });
    expect(await run.status()).toMatchObject({ pausedUntil: expect.stringMatching(/Z$/) as string });
    const { stdout } = await run.o8('status');
    expect(stdout).toMatch(/limit was reached, until \d\d:\d\d:\d\d\n/);
    expect(stdout).toMatch(/task-001 {2}waits for the end of a usage limit at \d\d:\d\d:\d\d {2}/);
    await run.call('spawn', { pause: 'off' });
    await run.succeed('task-001');
    await run.waitForRun('completed');
  });
});

describe('a pause of nothing', () => {
  it('says so with exit code 0, without a run, after one, and while nothing is paused', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const nothing = { code: 0, stdout: 'No parallel pipelines are currently running.\n' };
    expect(await run.o8('pause')).toMatchObject(nothing);
    expect(await run.o8('unpause')).toMatchObject(nothing);
    await run.spawn();
    expect(await run.o8('unpause')).toMatchObject({ code: 0, stdout: 'The run is not paused.\n' });
    await run.succeed('task-001');
    await run.waitForRun('completed');
    expect(await run.o8('pause', '--now')).toMatchObject(nothing);
    expect((await run.o8('pause', '--run', 'nobody')).code).toBe(2);
  });

  it('is refused together with a selection, and runId without a pause', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    expect(await run.refusal('spawn', { pause: 'now', dir: PLAN_DIR })).toMatchObject({
      code: 'usage',
      message: 'pause acts on an existing run; pass only runId, not dir.',
    });
    expect((await run.refusal('spawn', { dir: PLAN_DIR, runId: 'x' })).code).toBe('usage');
  });
});
