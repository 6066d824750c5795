import { errorCode } from '../../core/base/error-code.js';
import { existsSync } from 'node:fs';
import { lstat, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import type { HeldGeneration } from './lock-generations.js';

/** `.claude/parallel.lock` for the owner: people and older scripts read it. It decides nothing. */
export function mirrorText(owner: HeldGeneration): string {
  const { process, startedAt, features, maxConcurrency, runId } = owner;
  const mirror = { pid: process.pid, startedAt, features, maxConcurrency, runId, processStart: process.start };
  return `${JSON.stringify(mirror, null, 2)}\n`;
}

/**
 * Writes the mirror if it differs: a replaced owner may have written its own, or somebody cleaned the checkout. Does
 * not recreate a removed checkout, and leaves a folder of that name alone.
 */
export async function keepMirror(path: string, text: string, assertHeld: () => void): Promise<void> {
  const root = dirname(dirname(path));
  if (!existsSync(root)) return;
  const before = await lookAt(path);
  if (before === 'something else' || before.text === text) return;
  assertHeld();
  await writeFileAtomically(path, text);
}

export async function removeMirror(path: string): Promise<void> {
  failpoint('mirror.remove.before');
  if ((await lookAt(path)) !== 'something else') await rm(path, { force: true });
  failpoint('mirror.remove.after');
}

/** A link or named pipe is replaced without following or opening it; a folder is left alone. */
async function lookAt(path: string): Promise<{ readonly text: string | null } | 'something else'> {
  try {
    const entry = await lstat(path);
    if (entry.isDirectory()) return 'something else';
    return { text: entry.isFile() ? await readFile(path, 'utf8') : null };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return { text: null };
    throw error;
  }
}
