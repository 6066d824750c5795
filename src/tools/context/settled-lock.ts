import { setTimeout as delay } from 'node:timers/promises';
import { O8Error } from '../../core/base/errors.js';
import { isSettled } from '../../core/run/task-state.js';
import type { LockState } from '../../store/lock/lock-state.js';
import type { RunHome } from '../../store/files/paths.js';
import { RunFiles } from './run-files.js';

/** A supervisor releases the lock milliseconds after its run ended; a loaded machine may take a second. */
const RELEASE_TIMEOUT_MS = 5000;
const POLL_MS = 20;

/** Returns the lock, ignoring an owner that is about to release it. `files`: those of a caller that has read them before. */
export async function readSettledLock(home: RunHome, files = new RunFiles(home)): Promise<LockState> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  for (;;) {
    files.lookAgain();
    const lock = await files.lock();
    if (lock.kind !== 'held' || Date.now() >= deadline) return lock;
    if (!(await isEnding(files, lock.holder.runId))) return lock;
    await delay(POLL_MS);
  }
}

/**
 * Whether the run is finished or has no task left, so that its supervisor is about to release the lock. False for a run
 * with missing or damaged files: then the owner of the lock is reported.
 */
async function isEnding(files: RunFiles, runId: string): Promise<boolean> {
  try {
    const { phase, tasks } = (await files.load(runId)).state;
    if (phase.kind === 'finished') return true;
    return phase.kind === 'running' && [...tasks.values()].every(({ state }) => isSettled(state));
  } catch (error) {
    if (error instanceof O8Error) return false;
    throw error;
  }
}
