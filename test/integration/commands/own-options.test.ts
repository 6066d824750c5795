import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { featureRun } from '../../support/runs/feature-files.js';
import { RunFixture } from '../../support/runs/run-fixture.js';

const SLUGS = ['user-auth', 'dashboard'];

it('options of a subcommand of o8 parallel are accepted before and after it, and an unknown one is refused', async () => {
  const run = await RunFixture.open(featureRun(SLUGS));
  await run.call('spawn', { features: SLUGS });
  await run.succeed('user-auth');
  const dashboard = await run.agents.waitForAgent('dashboard');
  await run.waitForTask('user-auth', 'complete');

  const stop = await run.o8('parallel', 'abort', '--dry-run', '--task', 'dashboard');
  expect(stop.code, stop.stderr).toBe(0);
  expect(stop.stdout).toMatch(/^would stop dashboard/);
  expect(await run.o8Json('parallel', '--dry-run', 'abort')).toMatchObject({
    dryRun: true,
    stopped: [{ task: 'dashboard' }],
  });
  expect((await run.task('dashboard')).state).toBe('running');
  await dashboard.exit(3);
  await run.waitForRun('failed');

  const worktree = join(run.root, '.claude/worktrees/feat-dashboard');
  for (const words of [
    ['cleanup', '--dry-run', '--force'],
    ['--dry-run', '--force', 'cleanup'],
    ['--dry-run', 'cleanup', '--force'],
  ]) {
    const { code, stdout, stderr } = await run.o8('parallel', ...words);
    expect(code, stderr).toBe(0);
    expect(stdout, words.join(' ')).toContain('would remove worktree .claude/worktrees/feat-dashboard');
  }
  const refused = [
    ['cleanup', '--yes'],
    ['--verbose', 'cleanup'],
    ['--max-concurrent', '2', 'cleanup'],
    ['-y', 'rollback'],
    ['--force', 'status'],
    ['--force', 'rollback'],
    ['cleanup', 'user-auth', 'dashboard'],
  ];
  for (const words of refused) {
    const { code, stderr } = await run.o8('parallel', ...words);
    expect(code, words.join(' ')).toBe(2);
    expect(stderr, words.join(' ')).toMatch(/^Error: .*\n {2}o8 parallel \w+ --help\n$/s);
  }
  const one = await run.o8('parallel', 'cleanup', 'user-auth'); // only that feature
  expect(one.code, one.stderr).toBe(0);
  expect(existsSync(worktree)).toBe(true);

  const back = await run.o8('parallel', 'rollback', '--dry-run');
  expect(back.stdout).toMatch(/^Would revert on main: user-auth at /);
  expect(await run.workOnFile('user-auth.txt')).toBe(true);
  const status = await run.o8Json('parallel', '--json', 'status', '--task', 'user-auth');
  expect(status['tasks']).toHaveLength(1);
  expect(await run.o8Json('status', '--frobnicate')).toMatchObject({
    error: { code: 'usage', hint: 'o8 status --help' },
  });
});
