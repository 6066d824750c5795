import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { killSupervisor } from '../../support/faults/crash.js';
import { RunFixture } from '../../support/runs/run-fixture.js';

it('removes what --force moved out of the way, keeps its work, and --all cleans up every finished run', async () => {
  const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
  const first = await run.spawn();
  const old = await run.agents.waitForAgent('task-001');
  await old.writeFile('half.txt', 'half\n');
  await old.git('add', 'half.txt');
  await old.exit(1);
  await run.waitForRun('failed');

  const second = await run.spawn({ force: true });
  await run.succeed('task-001');
  await run.waitForRun('completed');
  await run.call('merge');
  const aside = `${run.worktree('task-001')}.before-${second}`;
  expect(existsSync(aside)).toBe(true);

  // The first run's task has a branch of the same name: the second one's, which its cleanup must leave alone.
  expect((await run.o8('cleanup', '--run', first, '--force')).code).toBe(0);
  expect(await run.commitOf('feature/task-001-work')).not.toBe('');

  const refused = await run.o8('cleanup', '--all', '--run', first);
  expect(refused.code).toBe(2);
  const dry = await run.o8Json('cleanup', '--all', '--dry-run');
  expect(dry).toMatchObject({ runs: [second], dryRun: true });
  const { code, stdout, stderr } = await run.o8('cleanup', '--all');
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(`task-001.before-${second} (uncommitted work kept: refs/o8/rescue/${second}/task-001/0)`);
  expect(existsSync(aside)).toBe(false);
  expect(await run.repository.git(['show', `refs/o8/rescue/${second}/task-001/0:half.txt`])).toBe('half');
  expect(await run.repository.git(['branch', '--list', '--format=%(refname:short)'])).toBe('main');
  expect(await run.repository.git(['worktree', 'list'])).not.toContain('task-001');
  expect((await run.o8('cleanup', '--all')).stdout).toContain('Nothing to clean up.');

  // One that is interrupted is named, and stays.
  const third = await run.spawn();
  await run.agents.waitForAgent('task-001');
  await killSupervisor(run);
  expect((await run.o8('cleanup', '--all')).stdout).toContain(`kept run ${third}: it is interrupted`);
  expect(existsSync(run.worktree('task-001'))).toBe(true);
  expect((await run.o8('abort')).code).toBe(0);
});
