import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readPrepared, writePrepared } from '../../../src/store/runs/prepared.js';

test('a file that was written just before the worktree was ready is never the agent’s', async () => {
  const tasks = await mkdtemp(join(tmpdir(), 'o8-prepared-'));
  onTestFinished(async () => rm(tasks, { recursive: true, force: true }));
  const file = join(tasks, 'included');
  for (let round = 0; round < 300; round += 1) {
    await writeFile(file, String(round));
    const ready = writePrepared(tasks, 'task-001');
    const { ctimeMs } = await stat(file);
    await ready;
    expect(await readPrepared(tasks, 'task-001')).toBeGreaterThanOrEqual(ctimeMs);
  }
});
