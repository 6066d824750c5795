import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { killIfThere, killSupervisor } from '../../support/faults/crash.js';
import { taskFile } from '../../support/runs/plan-folder.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const TWO = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
];

const SECOND_PLAN = {
  'parallel/second/manifest.json': JSON.stringify({ tasks: { total: 1, waves: 1, files: ['tasks/second-001.md'] } }),
  'parallel/second/tasks/second-001.md': taskFile({ id: 'second-001', wave: 1, deps: '[]' }),
};

async function queueFile(run: RunFixture): Promise<unknown> {
  return JSON.parse(await readFile(join(run.root, '.claude/parallel-queue.json'), 'utf8'));
}

describe('the owner of a run', () => {
  it('of several spawns at once is exactly one; the others exit with 3, the fixed text, and leave nothing', async () => {
    const run = await RunFixture.open({ tasks: TWO });
    const results = await Promise.all(Array.from({ length: 4 }, () => run.o8('spawn', PLAN_DIR)));
    const winners = results.filter(({ code }) => code === 0);
    expect(winners, JSON.stringify(results)).toHaveLength(1);
    const { runId, supervisor } = await run.status();
    const pid = supervisor?.pid ?? 0;
    for (const { code, stderr } of results.filter((result) => result !== winners[0])) {
      expect(code, stderr).toBe(3);
      expect(stderr).toMatch(
        new RegExp(
          `^Error: Another parallel execution is in progress \\(PID: ${pid}\\)\nStarted at: \\d{4}-\\d\\d-\\d\\dT.*Z\n\nOptions:\n• Wait for it to complete\n• Run: o8 status\n• Force override: o8 .* --force\n$`,
        ),
      );
    }
    expect(await readdir(join(run.root, '.git/o8/runs'))).toEqual([runId]);
    const lock = z
      .object({ pid: z.number(), features: z.array(z.string()), maxConcurrency: z.number(), runId: z.string() })
      .parse(JSON.parse(await readFile(join(run.root, '.claude/parallel.lock'), 'utf8')));
    expect(lock).toEqual({ pid, features: ['task-001', 'task-002'], maxConcurrency: 3, runId });
    await run.succeed('task-001');
    await run.succeed('task-002');
    await run.waitForRun('completed');
    expect(await queueFile(run)).toMatchObject({ runId, state: 'completed' });
    expect(run.agents.all).toHaveLength(2);
    expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(false);
  });

  it('writes the queue file even if a slower process created the folder of a newer run', async () => {
    const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
    const { runId = '' } = await run.status();
    await waitFor(() => !existsSync(join(run.root, '.claude/parallel.lock')), { timeoutMs: 20_000, what: 'the end' });
    await rm(join(run.root, '.claude/parallel-queue.json'));
    const runs = join(run.root, '.git/o8/runs');
    const slower = '20991231-235958-0000';
    await mkdir(join(runs, slower));
    const plan = await readFile(join(runs, runId, 'plan.json'), 'utf8');
    await writeFile(join(runs, slower, 'plan.json'), plan.replaceAll(runId, slower));
    await run.call('merge', { runId });
    expect(await queueFile(run)).toMatchObject({ runId, state: 'completed' });
  });

  it('is checked before the plan: during a run even a broken plan is refused as locked', async () => {
    const run = await RunFixture.open({ tasks: TWO });
    await run.spawn();
    await run.repository.write(`${PLAN_DIR}/manifest.json`, '{');
    expect((await run.o8('spawn', PLAN_DIR)).code).toBe(3);
    expect((await run.refusal('spawn', { dir: PLAN_DIR })).code).toBe('locked');
  });

  it.each([
    ['killing the MCP server', async (pid: number) => Promise.resolve(process.kill(pid, 'SIGKILL'))],
    ['ending its stdin', null],
  ])('%s in mid-run changes nothing for the run', async (_, end) => {
    const run = await RunFixture.open({ tasks: TWO });
    const server = await run.openServer();
    expect((await server.call('spawn', { dir: PLAN_DIR })).isError).toBe(false);
    const agent = await run.agents.waitForAgent('task-001');
    const { pid } = server;
    if (end !== null) await end(pid);
    await server.close();
    await waitFor(() => !isAlive(pid), { timeoutMs: 20_000, what: 'the server to be gone' });
    await agent.succeed('task-001.txt', 'task-001\n');
    await run.succeed('task-002');
    expect((await run.waitForRun('completed')).counts).toEqual({ complete: 2 });
    expect(run.agents.all).toHaveLength(2);
  });

  it('after a kill -9 of the supervisor is a new one, which adopts the running agents and starts nothing twice', async () => {
    const run = await RunFixture.open({ tasks: [...TWO, { id: 'task-003', wave: 2, deps: ['task-002'] }] });
    const runId = await run.spawn();
    const living = await run.agents.waitForAgent('task-001');
    const ending = await run.agents.waitForAgent('task-002');
    await run.waitForTask('task-001', 'running');
    const killed = await killSupervisor(run);
    expect(isAlive(living.pid)).toBe(true);
    // One agent ends while nobody looks.
    await ending.succeed('task-002.txt', 'task-002\n');

    const resumed = await run.o8('spawn', '--resume');
    expect(resumed.code, resumed.stderr).toBe(0);
    const status = await run.status();
    expect(status).toMatchObject({ runId, state: 'running', supervisor: { alive: true } });
    expect(status.supervisor?.pid).not.toBe(killed);
    await run.succeed('task-003');
    expect(await run.task('task-001')).toMatchObject({ state: 'running', attempt: 1, pid: living.pid });
    await living.succeed('task-001.txt', 'task-001\n');
    const end = await run.waitForRun('completed');
    expect(end.tasks.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    expect(run.agents.all).toHaveLength(3);
    expect(await run.workOn(`o8/${runId}`)).toEqual(['task-001', 'task-002', 'task-003']);
  });

  it('starts an agent again, in its worktree, that was killed together with its supervisor', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1) });
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    await run.waitForTask('task-001', 'running');
    await first.writeFile('task-001.txt', 'half\n');
    await killSupervisor(run);
    const own = await run.serverPid();
    for (const pid of await run.processes.pids()) if (pid !== own) killIfThere(pid);
    await first.gone;

    await run.call('spawn', { resume: true });
    const second = await run.agents.waitForAgent('task-001');
    expect(second.started.cwd).toBe(first.started.cwd);
    expect(await second.readFile('task-001.txt')).toBe('half\n');
    await second.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    expect(run.agents.all).toHaveLength(2);
  });

  it('is missing in a run whose supervisor died, which status shows as interrupted without starting anything', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1) });
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    await killSupervisor(run);
    const { code, stdout } = await run.o8('status');
    expect(code).toBe(0);
    expect(stdout).toContain('interrupted');
    expect(stdout).toContain('--resume');
    expect(await run.status()).toMatchObject({ state: 'interrupted', supervisor: { alive: false } });
  });

  it('with --force for another plan is the new run; all processes of the old one are stopped', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1), files: SECOND_PLAN });
    await run.spawn();
    const old = await run.agents.waitForAgent('task-001');
    const child = await old.startChild('own');
    const forced = await run.o8('spawn', 'parallel/second', '--force', '--skip-preflight');
    expect(forced.code, forced.stderr).toBe(0);
    await run.agents.waitForAgent('second-001');
    const alive = await run.processes.pids();
    expect([old.pid, child].filter((pid) => alive.includes(pid))).toEqual([]);
  });

  it('lets another plan follow although the first one’s manifest has an execution block that nobody committed', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1), files: SECOND_PLAN });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
    await run.call('merge', {});
    await run.waitForRun('completed');
    const second = await run.o8('spawn', 'parallel/second');
    expect(second.code, second.stderr).toBe(0);
  });

  it('keeps run files private', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1) });
    const runId = await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    // By then every file is in place: while it is written it has a passing name, which is gone when looked at.
    await waitFor(async () => (await run.task('task-001')).pid, { timeoutMs: 20_000, what: 'a pid' });
    const folder = join(run.root, '.git/o8/runs', runId);
    const open = [];
    for (const name of await readdir(folder, { recursive: true })) {
      const { mode } = await stat(join(folder, name));
      if ((mode & 0o077) !== 0) open.push(`${name} ${(mode & 0o777).toString(8)}`);
    }
    expect(open).toEqual([]);
    await agent.exit(0);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
