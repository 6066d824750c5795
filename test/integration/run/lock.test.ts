import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { taskFile } from '../../support/runs/plan-folder.js';
import { branchOf, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

const ONE = [{ id: 'task-001', wave: 1 }];
const OTHER = 'parallel/other';
const OTHER_PLAN = {
  [`${OTHER}/manifest.json`]: JSON.stringify({ tasks: { total: 1, waves: 1, files: ['tasks/other-001.md'] } }),
  [`${OTHER}/tasks/other-001.md`]: taskFile({ id: 'other-001', wave: 1, deps: '[]' }),
};

const lockFile = (run: RunFixture): string => join(run.root, '.claude/parallel.lock');

async function holder(run: RunFixture): Promise<{ pid: number; startedAt: string }> {
  const lock: unknown = JSON.parse(await readFile(lockFile(run), 'utf8'));
  return z.object({ pid: z.number(), startedAt: z.string() }).parse(lock);
}

describe('the lock, from a terminal', () => {
  it('keeps a second run out with the fixed text, on stderr, with exit code 3; it is gone when the run has failed', async () => {
    const run = await RunFixture.open({ tasks: ONE, files: OTHER_PLAN });
    const first = run.start('run', PLAN_DIR, '--yes');
    const agent = await run.agents.waitForAgent('task-001');
    const { pid, startedAt } = await holder(run);
    expect(pid).toBe((await run.status()).supervisor?.pid);
    const second = await run.o8('run', OTHER, '--yes');
    expect(second.code).toBe(3);
    expect(second.stderr).toBe(
      [
        `Error: Another parallel execution is in progress (PID: ${pid})`,
        `Started at: ${startedAt}`,
        '',
        'Options:',
        '• Wait for it to complete',
        '• Run: o8 status',
        `• Force override: o8 run ${OTHER} --force`,
        '',
      ].join('\n'),
    );
    await agent.exit(1);
    expect((await first.ended).code).toBe(1);
    expect(existsSync(lockFile(run))).toBe(false);
  });

  it('is overridden with --force: the live run is stopped, its worktrees are kept, each thing is said', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const oldRun = await run.spawn();
    const old = await run.agents.waitForAgent('task-001');
    const tree = [old.pid, await old.startChild('own')];
    await old.writeFile('half.txt', 'half\n');
    const { pid } = await holder(run);

    const forced = run.start('run', PLAN_DIR, '--yes', '--force');
    const fresh = await run.agents.waitForAgent('task-001');
    const alive = await run.processes.pids();
    expect([...tree, pid].filter((each) => alive.includes(each))).toEqual([]);
    await fresh.succeed('task-001.txt', 'task-001\n');
    const { code, stderr } = await forced.ended;
    expect(code, stderr).toBe(0);
    const { runId = '' } = await run.status();
    expect(runId).not.toBe(oldRun);
    const aside = `task-001.before-${runId}`;
    expect(stderr).toContain(
      [
        `Warning: Overriding existing lock (PID: ${pid})`,
        `Warning: Run ${oldRun} was aborted; its worktrees are kept.`,
        `Warning: Moved aside: worktree task-001 -> ${aside}`,
        `Warning: Moved aside: branch ${branchOf('task-001')} -> ${branchOf('task-001')}.before-${runId}`,
      ].join('\n'),
    );
    expect(await readFile(join(run.home, 'workspaces', aside, 'half.txt'), 'utf8')).toBe('half\n');
    expect(await run.status({ runId: oldRun })).toMatchObject({ state: 'aborted' });
    expect(existsSync(lockFile(run))).toBe(false);
  });

  it('is not overridden for a plan that could not start, and nothing is stopped', async () => {
    const run = await RunFixture.open({ tasks: ONE, files: OTHER_PLAN });
    const runId = await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    expect((await run.o8('spawn', 'parallel/nowhere', '--force')).code).toBe(2);
    await run.repository.write('README.md', 'changed\n');
    expect((await run.o8('spawn', OTHER, '--force')).code).toBe(4);
    expect(await run.status()).toMatchObject({ runId, state: 'running' });
    await agent.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
  });

  it('goes to one of two that use --force at the same time; the other is told and stops nothing', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const oldRun = await run.spawn();
    const old = await run.agents.waitForAgent('task-001');
    const results = await Promise.all([1, 2].map(async () => run.o8('spawn', PLAN_DIR, '--force')));
    await old.gone;
    expect(new Set(results.map(({ code }) => code)), JSON.stringify(results)).toEqual(new Set([0, 3]));
    const loser = results.find(({ code }) => code === 3);
    expect(loser?.stderr).toContain(`Another parallel execution is in progress (PID: ${(await holder(run)).pid})`);
    const fresh = await run.agents.waitForAgent('task-001');
    expect(fresh.started.cwd).toBe(run.worktree('task-001'));
    await fresh.succeed('task-001.txt', 'task-001\n');
    const end = await run.waitForRun('completed');
    expect(end.runId).not.toBe(oldRun);
    expect(run.agents.all).toHaveLength(2);
  });
});
