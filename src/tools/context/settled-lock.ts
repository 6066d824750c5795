import { setTimeout as delay } from 'node:timers/promises';
import { O8Error } from '../../core/base/errors.js';
import { isSettled } from '../../core/run/task-state.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { readLock, type LockState } from '../../store/lock/lock-state.js';
import type { RunHome } from '../../store/files/paths.js';
import { loadRun } from './load-run.js';

/** A supervisor that has ended its run lets the lock go within milliseconds; a loaded machine may take a second. */
const RELEASE_TIMEOUT_MS = 5000;
const POLL_MS = 20;

/** Returns the lock, ignoring an owner that is about to release it. */
export async function readSettledLock(home: RunHome): Promise<LockState> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  for (;;) {
    const lock = await readLock(home, processProbe);
    if (lock.kind !== 'held' || Date.now() >= deadline) return lock;
    if (!(await isEnding(home, lock.holder.runId))) return lock;
    await delay(POLL_MS);
  }
}

/**
 * Finished, or without a task that is left to do: its owner finds so in its next round. Of a run whose files are gone or
 * damaged nothing is known: whoever has the lock is then somebody to name.
 */
async function isEnding(home: RunHome, runId: string): Promise<boolean> {
  try {
    const { phase, tasks } = (await loadRun(home, runId)).state;
    if (phase.kind === 'finished') return true;
    return phase.kind === 'running' && [...tasks.values()].every(({ state }) => isSettled(state));
  } catch (error) {
    if (error instanceof O8Error) return false;
    throw error;
  }
}
