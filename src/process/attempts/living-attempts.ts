import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { readAttempt } from './attempt.js';

/**
 * Shims and agents that are still running, according to the attempt folders of all runs in `runsDir`. Damaged attempts
 * are skipped.
 */
export async function livingAttempts(runsDir: string): Promise<{ runId: string; pid: number }[]> {
  const living: { runId: string; pid: number }[] = [];
  for (const runId of await foldersIn(runsDir)) {
    const tasks = join(runsDir, runId, 'tasks');
    for (const task of await foldersIn(tasks)) {
      for (const attempt of await foldersIn(join(tasks, task))) {
        const pid = await pidOf(join(tasks, task, attempt));
        if (pid !== null) living.push({ runId, pid });
      }
    }
  }
  return living;
}

async function pidOf(dir: string): Promise<number | null> {
  if (existsSync(join(dir, 'exit.json')) || !existsSync(join(dir, 'claim.json'))) return null;
  try {
    const status = await readAttempt(dir);
    return status.kind === 'running' || status.kind === 'starting' ? status.shim.pid : null;
  } catch (error) {
    if (error instanceof O8Error) return null;
    throw error;
  }
}

async function foldersIn(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
