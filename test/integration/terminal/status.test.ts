import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { branchOf, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const TWO = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
];

async function bothRunning(): Promise<RunFixture> {
  const run = await RunFixture.open({ tasks: TWO });
  await run.spawn();
  for (const { id } of TWO) await run.waitForTask(id, 'running');
  return run;
}

describe('status', () => {
  it('says which tasks run and since when while it waits, to who asks for progress, and hints as a chat spells them', async () => {
    const run = await bothRunning();
    const server = await run.openServer();
    const { cursor } = await run.status();
    const told: string[] = [];
    const answer = server.call('status', { since: cursor, waitSeconds: 30 }, (message) => told.push(message));
    const running = /^running: task-001 since \d\d:\d\d:\d\d, task-002 since \d\d:\d\d:\d\d; 0 of 2 tasks finished$/;
    await waitFor(() => told.some((message) => running.test(message)), {
      timeoutMs: 20_000,
      what: () => `to be told what runs; told so far: ${told.join('; ')}`,
    });
    await (await run.agents.waitForAgent('task-001')).exit(3);
    // The other one is in it, too, where the start of its agent was recorded after the cursor.
    expect((await answer).content['tasks']).toContainEqual(
      expect.objectContaining({ id: 'task-001', state: 'failed' }),
    );
    process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
    await waitFor(async () => (await run.status()).state === 'interrupted', { timeoutMs: 20_000, what: 'its end' });
    const { runId = '' } = await run.status();
    expect((await server.call('status')).content['hint']).toBe(`/parallel-run --resume --run ${runId}`);
    expect((await run.o8('status')).stdout).toContain(`o8 run --resume --run ${runId}`);
    expect((await run.o8('status')).stdout).not.toContain('/parallel-');
  });

  it('with since gives only what changed after that cursor', async () => {
    const run = await bothRunning();
    const one = await run.agents.waitForAgent('task-001');
    const all = await run.status();
    expect(all.tasks.map(({ id }) => id)).toEqual(['task-001', 'task-002']);
    const pids = async (): Promise<boolean> => (await run.status()).tasks.every(({ pid }) => pid !== undefined);
    await expect.poll(pids, { timeout: 20_000 }).toBe(true);
    const { cursor } = await run.status();
    expect(await run.news(cursor)).toMatchObject({ cursor, tasks: [] });

    await one.succeed('task-001.txt', 'task-001\n');
    await run.waitForTask('task-001', 'complete');
    await waitFor(() => !existsSync(run.worktree('task-001')), { timeoutMs: 20_000, what: 'the worktree to go' });
    const removed = async () => (await run.records()).some(({ type }) => type === 'worktree_removed');
    await waitFor(removed, { timeoutMs: 20_000, what: 'the removal to be recorded' });
    const news = await run.news(cursor);
    expect(news.tasks.map(({ id, state }) => [id, state])).toEqual([['task-001', 'complete']]);
    expect(news.cursor).toBeGreaterThan(cursor);
    expect(news.counts).toEqual({ complete: 1, running: 1 });
    // What was told with the first answer, and does not change, is not told again.
    expect(Object.keys(news).sort()).toEqual(['counts', 'cursor', 'runId', 'state', 'tasks']);
    expect(news.tasks).toEqual([{ id: 'task-001', state: 'complete', attempt: 1, commits: 1 }]);
    // Who was told that it is complete is not told again because o8 tidied up.
    const merged = (await run.records()).find(({ type }) => type === 'task_merged');
    expect((await run.news(merged?.seq ?? 1)).tasks).toEqual([]);
    // A cursor that this run has not reached is another run's.
    expect((await run.news(10_000)).tasks.map(({ id }) => id)).toEqual(['task-001', 'task-002']);
    const json = await run.o8Json('status', '--since', String(news.cursor));
    expect(json).toMatchObject({ cursor: news.cursor, tasks: [] });
  });

  it('with waitSeconds answers when a task is complete, and when the run ends', async () => {
    const run = await bothRunning();
    const { cursor } = await run.status();
    const news = run.news(cursor, { waitSeconds: 50 });
    await run.succeed('task-001');
    const first = await news;
    expect(first.tasks).toContainEqual(expect.objectContaining({ id: 'task-001', state: 'complete' }));
    expect(first.state).toBe('running');
    const end = run.news(first.cursor, { waitSeconds: 50 });
    await run.succeed('task-002');
    const last = await end;
    expect(last.tasks.map(({ id, state }) => [id, state])).toEqual([['task-002', 'complete']]);
    // A run that has ended has no more news to wait for.
    await run.waitForRun('completed');
    const started = performance.now();
    expect(await run.news(last.cursor, { waitSeconds: 50 })).toMatchObject({ state: 'completed' });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('with waitSeconds answers at the end of the time when nothing happened', async () => {
    const run = await bothRunning();
    const pids = async (): Promise<boolean> => (await run.status()).tasks.every(({ pid }) => pid !== undefined);
    await expect.poll(pids, { timeout: 20_000 }).toBe(true);
    const { cursor } = await run.status();
    const started = performance.now();
    expect(await run.news(cursor, { waitSeconds: 1 })).toMatchObject({ cursor, tasks: [] });
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
  });

  it('has what design says a task has, with absolute paths', async () => {
    const run = await bothRunning();
    const one = await run.agents.waitForAgent('task-001');
    await expect.poll(async () => (await run.task('task-001')).pid, { timeout: 20_000 }).toBe(one.pid);
    const task = await run.task('task-001');
    expect(task).toMatchObject({
      state: 'running',
      wave: 1,
      deps: [],
      branch: 'feature/task-001-work',
      worktree: run.worktree('task-001'),
      attempt: 1,
      commits: 0,
    });
    expect(task.startedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(task.log).toMatch(new RegExp(`^${run.root}/.*/task-001/1/pipeline\\.log$`));
    await one.print('reading the code\n');
    await expect
      .poll(async () => (await run.task('task-001')).lastActivity, { timeout: 20_000 })
      .toBe('reading the code');
    const logs = await run.o8('logs', 'task-001');
    expect(logs.stdout).toMatch(/^Pipeline started for task-001\n\[[^\]]*Z\] \[stdout\] reading the code\n$/);
    expect(await readFile(join(run.root, PLAN_DIR, 'logs/task-001.log'), 'utf8')).toBe(logs.stdout);
    // Nothing of o8's shows up in git but the manifest's execution block.
    expect(await run.repository.git(['status', '--porcelain'])).toBe(` M ${PLAN_DIR}/manifest.json`);
  });

  it('counts what a failed task has on its branch, but nothing of another branch of that name or a damaged one', async () => {
    const run = await RunFixture.open({ tasks: TWO.slice(0, 1) });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.writeFile('task-001.txt', 'half\n');
    const commit = await agent.commit('Half of it');
    await agent.exit(1);
    await run.waitForRun('failed');
    const commits = async () =>
      z.object({ tasks: z.array(z.looseObject({ commits: z.number() })) }).parse(await run.o8Json('status')).tasks[0]
        ?.commits;
    expect(await commits()).toBe(1);
    const branch = `refs/heads/${branchOf('task-001')}`;
    const foreign = await run.repository.git(['commit-tree', '-m', 'Another', 'main^{tree}']);
    await run.repository.git(['update-ref', branch, foreign]);
    expect(await commits()).toBe(0);
    await run.repository.git(['update-ref', branch, commit]);
    const object = join(run.root, '.git/objects', commit.slice(0, 2), commit.slice(2));
    await chmod(object, 0o644);
    await writeFile(object, 'damaged');
    expect(await commits()).toBe(0);
  });

  it('refuses unknown runs and tasks', async () => {
    const run = await RunFixture.open({ tasks: TWO });
    expect(await run.status()).toMatchObject({ state: 'none', tasks: [], cursor: 0 });
    expect((await run.refusal('status', { runId: '20200101-000000-abcd' })).code).toBe('no_run');
    expect((await run.refusal('status', { runId: '../../etc' })).code).toBe('no_run');
    expect((await run.refusal('status', { waitSeconds: 'soon' })).code).toBe('usage');
    await run.spawn();
    expect((await run.refusal('status', { task: 'task-009' })).code).toBe('unknown_task');
  });
});
