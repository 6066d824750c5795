import { expect, it } from 'vitest';
import { branchOf, RunFixture } from '../../support/runs/run-fixture.js';

it('a run whose branch the user squashed is closed, and nothing of it remains', async () => {
  const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
  const runId = await run.spawn();
  await run.succeed('task-001');
  await run.waitForRun('completed');
  const git = (...args: string[]) => run.repository.git(args);
  await git('checkout', '--quiet', '--', '.');
  await git('merge', '--quiet', '--squash', `o8/${runId}`);
  await git('commit', '--quiet', '--message', 'my squash');
  const squash = await run.commitOf('main');
  await run.repository.commit('later', { 'task-001.txt': 'changed later\n' });
  const tip = await run.commitOf(`o8/${runId}`);

  const predicted = await run.call('merge', { dryRun: true });
  expect(predicted).toMatchObject({ landing: { kind: 'nothing' } });
  const merged = await run.o8('merge');
  expect(merged.code).toBe(0);
  expect(merged.stdout).toContain(`main already contains this work since ${squash.slice(0, 12)}`);
  expect(await run.status()).toMatchObject({ landed: squash });
  await run.o8('cleanup');
  expect(await git('for-each-ref', '--format=%(refname)', 'refs/heads')).toBe('refs/heads/main');
  expect((await run.o8('doctor')).stdout).not.toContain(runId);
  expect(await run.commitOf(`refs/o8/found/${runId}`)).toBe(tip); // its commits are nowhere else
  expect((await run.o8('merge')).stdout).toContain('Nothing to land');
});

it('a task that the user squashed is not merged again and does not stay in conflict', async () => {
  const run = await RunFixture.open({
    tasks: [{ id: 'task-001', wave: 1 }],
    files: { 'task-001.txt': 'start\n' },
    settings: { merge: { into: 'base' } },
  });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  await run.repository.commit('meanwhile', { 'task-001.txt': 'mine\n' });
  await agent.succeed('task-001.txt', 'task-001\n');
  await run.waitForRun('failed');
  expect((await run.task('task-001')).state).toBe('merge_conflict');
  const git = (...args: string[]) => run.repository.git(args);
  await git('checkout', '--quiet', '--', '.');
  await git('reset', '--quiet', '--hard', 'HEAD~1');
  await git('merge', '--quiet', '--squash', branchOf('task-001'));
  await git('commit', '--quiet', '--message', 'my squash');
  await run.repository.commit('later', { 'task-001.txt': 'changed later\n' });
  await run.o8('merge');
  const task = await run.task('task-001');
  expect(task).toMatchObject({ state: 'complete' });
  expect(task.notes).toContainEqual(expect.stringContaining('not merged: main already has its work since'));
});
