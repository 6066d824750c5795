import { mkdirSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { taskViewSchema, type TaskView } from '../../../src/core/report/status-view.js';
import { branchOf, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

/** With commands as a terminal has them. */
async function inTerminal(run: RunFixture, id: string): Promise<TaskView | undefined> {
  const { tasks } = z.object({ tasks: z.array(taskViewSchema) }).parse(await run.o8Json('status', '--task', id));
  return tasks[0];
}

it('a branch with a link out of the repository waits for the user, others continue, and a decision covers only what was shown', async () => {
  const run = await RunFixture.open({
    tasks: [
      { id: 'task-001', wave: 1 },
      { id: 'task-002', wave: 1 },
      { id: 'task-003', wave: 2, deps: ['task-001'] },
    ],
  });
  const following = run.start('run', PLAN_DIR, '--yes');
  const first = await run.agents.waitForAgent('task-001');
  symlinkSync('/etc/passwd', join(first.started.cwd, 'secret'));
  await first.succeed('task-001.txt', 'one\n');
  await run.waitForTask('task-001', 'merge_pending');
  await run.succeed('task-002');
  const { code, stdout } = await following.ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/task-001: held: secret is a symbolic link to \/etc\/passwd, an absolute path/);
  expect(stdout).toMatch(/Summary: 1 completed.*, 1 held$/m);

  const task = await inTerminal(run, 'task-001');
  const worktree = run.worktree('task-001');
  const { runId = '' } = await run.status();
  expect(task?.held).toEqual({
    what: 'secret is a symbolic link to /etc/passwd, an absolute path',
    path: 'secret',
    commands: [
      `git -C ${worktree} rm -rqf -- secret`,
      `git -C ${worktree} commit -m 'Remove secret'`,
      `o8 merge --run ${runId} --task task-001`,
    ],
  });
  expect((await run.task('task-003')).blockedBy).toEqual(['task-001']);
  const queue = JSON.parse(await readFile(join(run.root, '.claude/parallel-queue.json'), 'utf8')) as {
    tasks: { id: string; held?: unknown }[];
  };
  expect(queue.tasks.find(({ id }) => id === 'task-001')?.held).toEqual(task?.held);
  expect((await run.task('task-001')).held?.commands.at(-1)).toBe(`/parallel-merge ${runId} --task task-001`);
  expect((await run.o8('cleanup')).stdout).toContain('held: secret is a symbolic link');

  // A prediction says the same, and changes nothing.
  const prediction = await run.o8('merge', '--dry-run');
  expect(prediction.stdout).toContain('would be held: secret is a symbolic link to /etc/passwd, an absolute path');
  expect(prediction.stdout).toContain(`or land it anyway: o8 merge --run ${runId} --task task-001 --accept-held`);
  const { tasks: predicted } = await run.call('merge', { dryRun: true, task: 'task-001' });
  expect(predicted).toMatchObject([{ state: 'merge_pending', held: { path: 'secret', what: task?.held?.what } }]);

  // A second check gives the same result; a branch that has moved since was not shown.
  const again = await run.o8('merge', '--task', 'task-001');
  expect(again.code).toBe(1);
  expect(again.stdout).toContain(`or land it anyway: o8 merge --run ${runId} --task task-001 --accept-held`);
  expect((await run.refusal('merge', { acceptHeld: true })).code).toBe('usage');
  mkdirSync(join(worktree, 'docs'));
  symlinkSync('../../up', join(worktree, 'docs/up'));
  await run.repository.git(['-C', worktree, 'add', 'docs/up']);
  await run.repository.git(['-C', worktree, 'commit', '-q', '-m', 'another link']);
  const moved = await run.call('merge', { task: 'task-001', acceptHeld: true });
  expect(moved).toMatchObject({ tasks: [{ state: 'merge_pending', held: { more: [{ path: 'secret' }] } }] });
  expect((await run.records()).map(({ type }) => type)).not.toContain('held_accepted');

  const tip = await run.commitOf(branchOf('task-001'));
  const accepted = await run.o8('merge', '--task', 'task-001', '--accept-held');
  expect(accepted.stdout).toContain('Landed on main');
  const message = await run.repository.git(['log', '-1', '--format=%B%P', '--grep', 'accept-held', 'main']);
  expect(message).toContain(
    `Merged with --accept-held:\n- docs/up is a symbolic link to ../../up, which leads out of the repository\n- secret is a symbolic link to /etc/passwd, an absolute path`,
  );
  expect(message).toContain(tip);
  // Its dependents continue.
  await run.succeed('task-003');
  await run.waitForRun('completed');
});

it('the commands that are given settle it, and held work can be given up', async () => {
  const run = await RunFixture.open({
    tasks: [
      { id: 'task-001', wave: 1 },
      { id: 'task-002', wave: 1 },
    ],
    files: { 'README.md': '# Shop\n' },
  });
  await run.spawn();
  for (const id of ['task-001', 'task-002']) {
    const agent = await run.agents.waitForAgent(id);
    symlinkSync('../../out', join(agent.started.cwd, `link-${id}`));
    await agent.succeed(`${id}.txt`, 'x\n');
  }
  await run.waitForRun('failed');
  const { held } = await run.task('task-001');
  for (const command of held?.commands.slice(0, -1) ?? []) {
    const [, ...args] = command.replaceAll("'", '').split(' ');
    const at = args.indexOf('-m');
    await run.repository.git(at < 0 ? args : [...args.slice(0, at + 1), args.slice(at + 1).join(' ')]);
  }
  const merged = await run.o8('merge', '--task', 'task-001');
  expect(merged.stdout).toContain('Landed on main');

  await run.o8('abort', '--task', 'task-002');
  expect((await run.task('task-002')).state).toBe('aborted');
  const retried = await run.spawn({ retryFailed: true });
  expect(retried).toBe((await run.status()).runId);
  await run.succeed('task-002');
  await run.waitForRun('completed');
});

it('a file whose name differs only in case from one that landed is held; renamed, it lands', async () => {
  const run = await RunFixture.open({
    tasks: ['task-001', 'task-002'].map((id) => ({ id, wave: 1 })),
  });
  await run.spawn();
  for (const [id, name] of [
    ['task-001', 'Shop.txt'],
    ['task-002', 'shop.txt'],
  ] as const) {
    await (await run.agents.waitForAgent(id)).succeed(name, `${id}\n`);
    if (id === 'task-001') await run.waitForTask(id, 'complete');
  }
  await run.waitForRun('failed');
  const { held } = await run.task('task-002');
  expect(held?.what).toBe('shop.txt and Shop.txt differ only in case or accents and are one file on macOS and Windows');
  expect(held?.commands[0]).toBe(`git -C ${run.worktree('task-002')} mv -- shop.txt shop-task-002.txt`);
  await run.repository.git((held?.commands[0] ?? '').split(' ').slice(1));
  await run.repository.git(['-C', run.worktree('task-002'), 'commit', '-q', '-m', 'Rename']);
  expect((await run.o8('merge', '--task', 'task-002')).stdout).toContain('Landed on main');
  expect(await run.repository.git(['ls-tree', '--name-only', 'main'])).toContain('shop-task-002.txt');
});
