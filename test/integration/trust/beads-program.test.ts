import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RunFixture } from '../../support/runs/run-fixture.js';

it('a program for Beads that the repository names is not started before the user accepts its settings', async () => {
  const run = await RunFixture.open({ tasks: [] });
  const started = join(run.home, 'started');
  const files = {
    '.beads/issues.jsonl': '',
    'bd.sh': `#!/bin/sh\necho >> ${started}\nexit 1\n`,
    '.claude/parallel-config.json': JSON.stringify({ beads: { program: './bd.sh' } }),
  };
  for (const [path, text] of Object.entries(files)) await run.repository.write(path, text);
  await chmod(join(run.root, 'bd.sh'), 0o755);
  await run.repository.git(['add', '--force', '.']);
  await run.repository.git(['commit', '--quiet', '-m', 'Beads']);
  for (const args of [
    ['run', '--epic', 'x-1', '--dry-run'],
    ['plan', '--epic', 'x-1'],
    ['preflight', '--epic', 'all'],
    ['status'],
  ]) {
    await run.o8(...args);
    expect(existsSync(started), args.join(' ')).toBe(false);
  }
  const { code, stderr } = await run.o8('run', '--epic', 'x-1', '--dry-run');
  expect([code, stderr]).toEqual([4, expect.stringContaining('.claude/parallel-config.json')]);
  expect(stderr).toContain('o8 trust');
  await run.trust();
  const accepted = await run.o8('plan', '--epic', 'x-1');
  expect(existsSync(started), accepted.stderr).toBe(true);
});
