import { errorCode } from '../../core/base/error-code.js';
import { stat } from 'node:fs/promises';
import type { ProcessIdentity, ProcessProbe } from '../../core/base/process-identity.js';
import { heartbeatFile, readHead, type HeldGeneration } from './lock-generations.js';
import { homePaths, type RunHome } from '../files/paths.js';

/** The owner of the lock, or the last one. `heartbeatAt` is null before the first heartbeat. Times are ISO 8601. */
export interface LockHolder {
  readonly generation: number;
  readonly runId: string;
  readonly startedAt: string;
  readonly features: string[];
  readonly maxConcurrency: number;
  readonly process: ProcessIdentity;
  readonly heartbeatAt: string | null;
}

/*
 * free -> held -> free (released)
 *         held -> stale (the holder's process is gone) -> held (taken over)
 * `unknown`: the holder runs on another host or in another pid namespace, which cannot be checked from here.
 */
export type LockState =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly holder: LockHolder }
  | { readonly kind: 'stale'; readonly holder: LockHolder }
  | { readonly kind: 'unknown'; readonly holder: LockHolder };

/** The state of a repository's lock; changes nothing. */
export async function readLock(home: RunHome, probe: ProcessProbe): Promise<LockState> {
  return (await lookAtLock(homePaths(home).lockDir, probe)).state;
}

/** The state, and the number that the next owner publishes. */
export async function lookAtLock(
  lockDir: string,
  probe: ProcessProbe,
): Promise<{ readonly state: LockState; readonly next: number }> {
  const { generation, next } = readHead(lockDir);
  if (generation === null || generation.kind === 'released') return { state: { kind: 'free' }, next };
  const holder = await holderOf(lockDir, generation);
  return { state: { kind: await stateOf(holder, probe), holder }, next };
}

async function stateOf(holder: LockHolder, probe: ProcessProbe): Promise<'held' | 'stale' | 'unknown'> {
  const liveness = await probe.check(holder.process);
  switch (liveness) {
    case 'alive':
      return 'held';
    case 'dead':
      return 'stale';
    case 'unknown':
      return 'unknown';
  }
}

async function holderOf(lockDir: string, held: HeldGeneration): Promise<LockHolder> {
  const { generation, runId, startedAt, features, maxConcurrency, process } = held;
  const heartbeatAt = await timeOf(heartbeatFile(lockDir, generation));
  return { generation, runId, startedAt, features, maxConcurrency, process, heartbeatAt };
}

async function timeOf(path: string): Promise<string | null> {
  try {
    return (await stat(path)).mtime.toISOString();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
