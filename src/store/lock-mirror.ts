import { readFile, rm } from 'node:fs/promises';
import { failpoint } from '../core/failpoint.js';
import { writeFileAtomically } from './atomic-file.js';
import type { HeldGeneration } from './lock-generations.js';
import { systemCode } from './system-error.js';

/** `.claude/parallel.lock` for the owner: what people and older scripts read. It never decides anything. */
export function mirrorText(owner: HeldGeneration): string {
  const { process, startedAt, features, maxConcurrency, runId } = owner;
  const mirror = { pid: process.pid, startedAt, features, maxConcurrency, runId, processStart: process.start };
  return `${JSON.stringify(mirror, null, 2)}\n`;
}

/** Writes the mirror where it says something else: a replaced owner that woke up late may have written its own. */
export async function keepMirror(path: string, text: string, assertHeld: () => void): Promise<void> {
  if ((await readOrNull(path)) === text) return;
  assertHeld();
  await writeFileAtomically(path, text);
}

export async function removeMirror(path: string): Promise<void> {
  failpoint('mirror.remove.before');
  await rm(path, { force: true });
  failpoint('mirror.remove.after');
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
