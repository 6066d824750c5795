import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readlink, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CliProcess } from '../../support/programs/cli.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];
const ONE_AT_A_TIME = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 2 },
];

/** As an earlier version kept its runs. */
async function moveToOldPlace(run: RunFixture): Promise<void> {
  await mkdir(join(run.root, '.claude/parallel'));
  for (const name of ['lock', 'runs'])
    await rename(join(run.root, '.git/o8', name), join(run.root, '.claude/parallel', name));
}

it('a run continues after git clean -fdx in the checkout, and its mirrors and links come back', async () => {
  const run = await RunFixture.open({ tasks: ONE_AT_A_TIME });
  await run.spawn();
  const first = await run.agents.waitForAgent('task-001');
  await run.repository.git(['clean', '-fdx', '--quiet']);
  const link = (await run.task('task-001')).log;
  expect(existsSync(link)).toBe(true);
  const mirrors = ['.claude/parallel.lock', '.claude/parallel-queue.json', `${PLAN_DIR}/logs/task-001.log`];
  await waitFor(() => mirrors.every((path) => existsSync(join(run.root, path))), {
    timeoutMs: 20_000,
    what: 'the mirrors and the link to the log',
  });
  await first.succeed('task-001.txt', 'done\n');
  await run.succeed('task-002');
  expect((await run.waitForRun('completed')).counts).toEqual({ complete: 2 });
  expect((await run.o8('merge')).stdout).toContain('Landed on main');
  expect((await run.o8('cleanup')).code).toBe(0);
});

it('a linked worktree starts, sees, lands and cleans up a run, also when it is removed meanwhile', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  const linked = join(run.root, '..', 'linked');
  await run.repository.git(['worktree', 'add', '--quiet', '-b', 'other', linked]);
  await mkdir(join(linked, '.claude'), { recursive: true });
  await writeFile(
    join(linked, '.claude/parallel-config.json'),
    JSON.stringify({ agent: { command: run.agents.command }, retries: 0, killAfter: 1 }),
  );
  const there = async (...args: string[]) => new CliProcess(args, { cwd: linked, env: run.environment }).ended;
  expect((await there('spawn', PLAN_DIR)).code).toBe(0);
  await run.succeed('task-001');
  await run.waitForRun('completed');
  expect((await there('status')).stdout).toContain('completed');
  await run.repository.git(['worktree', 'remove', '--force', linked]);
  expect((await run.o8('merge')).stdout).toContain('Landed on other');
  expect((await run.o8('cleanup')).code).toBe(0);
  expect(existsSync(linked)).toBe(false);
});

it('an interrupted run in a moved repository says where its worktrees belong, and continues after it is moved back', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
  const moved = join(run.home, 'moved');
  await rename(run.root, moved);
  const there = async (...args: string[]) => new CliProcess(args, { cwd: moved, env: run.environment }).ended;
  const words = `The repository was moved from ${run.root} to ${moved} after run `;
  const hint = `mv ${moved} ${run.root} && cd ${run.root} && o8 status`;
  for (const args of [
    ['run', '--resume', '--yes'],
    ['run', PLAN_DIR, '--resume', '--yes'],
    ['spawn', '--resume'],
  ]) {
    const { code, stderr } = await there(...args);
    expect(code, args.join(' ')).toBe(4);
    expect(stderr).toContain(words);
    expect(stderr).toContain(hint);
  }
  // None of its git settings was changed by that.
  expect((await there('doctor')).stdout).not.toContain('git config');
  await rename(moved, run.root);
  expect((await run.o8('spawn', '--resume')).code).toBe(0);
  await agent.succeed('task-001.txt', 'done\n');
  await run.waitForRun('completed');
});

it('an interrupted run of an earlier version is taken over once, with its living agent', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  const runId = await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
  await waitFor(async () => (await run.status()).state === 'interrupted', {
    timeoutMs: 20_000,
    what: 'the end of the supervisor',
  });
  await moveToOldPlace(run);
  const looks = await Promise.all([run.o8('status'), run.o8('status'), run.o8('doctor')]);
  for (const { stdout } of looks) expect(stdout).toContain(runId);
  expect(await readdir(join(run.root, '.git/o8/runs'))).toEqual([runId]);
  // The process that watches the agent knows its files by the old path.
  expect(await readlink(join(run.root, '.claude/parallel'))).toBe(join(run.root, '.git/o8'));
  expect((await run.o8('spawn', '--resume')).code).toBe(0);
  await agent.succeed('task-001.txt', 'done\n');
  expect((await run.waitForRun('completed')).counts).toEqual({ complete: 1 });
  await run.o8('status');
  await expect(lstat(join(run.root, '.claude/parallel'))).rejects.toMatchObject({ code: 'ENOENT' });
});

it('an active run of an earlier version is read where it is and blocks other runs', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  const runId = await run.spawn();
  await run.agents.waitForAgent('task-001');
  const { supervisor } = await run.status();
  process.kill(supervisor?.pid ?? 0, 'SIGSTOP'); // alive, and does not notice that its files are elsewhere
  await moveToOldPlace(run);
  const seen = await run.o8('status');
  expect(seen.stderr).toBe('');
  expect(seen.stdout).toContain(runId);
  expect(seen.code).toBe(0);
  const refused = await run.o8('spawn', '--resume');
  expect(refused.stderr).toMatch(/earlier version of o8 \(PID: \d+\)[\s\S]*kill \d+ && cd/);
  expect(refused.code).toBe(3);
  expect(existsSync(join(run.root, '.claude/parallel/runs', runId, 'plan.json'))).toBe(true);
});
