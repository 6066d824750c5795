import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import type { ProcessIdentity, ProcessProbe } from '../../core/base/process-identity.js';
import { makePrivateFolder, PRIVATE_FILE } from '../files/atomic-file.js';
import { assertInside } from '../files/inside-repository.js';
import { publishGeneration, type HeldGeneration } from './lock-generations.js';
import { lookAtLock, type LockHolder, type LockState } from './lock-state.js';
import { startLease, type OwnedLease } from './owned-lease.js';
import { checkoutPaths, homePaths, type RunHome } from '../files/paths.js';
import { writeError } from '../files/system-error.js';

/**
 * An owner that cannot be checked from here (other host, other pid namespace) may be replaced by force after this time
 * without a heartbeat, in ms.
 */
const SILENT_AFTER_MS = 60_000;

export interface LockRequest {
  readonly runId: string;
  readonly features: string[];
  readonly maxConcurrency: number;
  /** Stop the owner first, if there is one. */
  readonly force: boolean;
  /** Stop this owner first, by its generation, if it still has the lock. */
  readonly replace?: number | undefined;
  readonly killAfterMs: number;
}

export type Acquisition =
  /** `replaced`: the previous owner, if its lock was stale or taken by force. */
  | {
      readonly kind: 'won';
      readonly lease: OwnedLease;
      readonly replaced: LockHolder | null;
      /** The owner that was stopped by force; its running processes no longer belong to a run. */
      readonly stopped: LockHolder | null;
    }
  | { readonly kind: 'lost'; readonly holder: LockHolder; readonly why: 'held' | 'unknown' };

/**
 * Takes the repository's lock for this process, or reports its owner. If several processes try at once, exactly one
 * wins, and the lock is mirrored in the checkout of `home`. `force` stops only the owner found first, never one that
 * won meanwhile.
 */
export async function acquireLock(home: RunHome, probe: ProcessProbe, request: LockRequest): Promise<Acquisition> {
  const { lockDir } = homePaths(home);
  const { lock: mirror } = checkoutPaths(home.root);
  await assertInside(dirname(home.folder), lockDir);
  if (existsSync(home.root)) await assertInside(home.root, mirror);
  await makePrivateFolder(lockDir);
  const self = await probe.self();
  let forced: LockHolder | null = null;
  for (;;) {
    const { state, next } = await lookAtLock(lockDir, probe);
    const step = await nextStep(lockDir, state, request, self, forced);
    switch (step.kind) {
      case 'lost':
        return step;
      case 'stop':
        await probe.stop(step.holder.process, request.killAfterMs);
        forced = step.holder;
        break;
      case 'claim': {
        const generation = newGeneration(next, request, self);
        if (!(await publishGeneration(lockDir, generation))) break; // another process was faster: check again
        const lease = await startLease(lockDir, mirror, generation);
        return { kind: 'won', lease, replaced: step.replaced ?? forced, stopped: forced };
      }
    }
  }
}

type Step =
  | { readonly kind: 'claim'; readonly replaced: LockHolder | null }
  | { readonly kind: 'stop'; readonly holder: LockHolder }
  | Extract<Acquisition, { kind: 'lost' }>;

async function nextStep(
  lockDir: string,
  state: LockState,
  request: LockRequest,
  self: ProcessIdentity,
  forced: LockHolder | null,
): Promise<Step> {
  switch (state.kind) {
    case 'free':
      return { kind: 'claim', replaced: null };
    case 'stale':
      return { kind: 'claim', replaced: state.holder };
    case 'held': {
      const { holder } = state;
      if (forced?.generation === holder.generation) throw cannotStop(holder);
      const own = holder.process.pid === self.pid && holder.process.start === self.start;
      const isMeant = request.force || request.replace === holder.generation;
      return isMeant && forced === null && !own ? { kind: 'stop', holder } : { kind: 'lost', holder, why: 'held' };
    }
    case 'unknown': {
      const { holder } = state;
      const silent = request.force && (await silenceMs(lockDir, holder)) > SILENT_AFTER_MS;
      return silent ? { kind: 'claim', replaced: holder } : { kind: 'lost', holder, why: 'unknown' };
    }
  }
}

function newGeneration(generation: number, request: LockRequest, self: ProcessIdentity): HeldGeneration {
  const { runId, features, maxConcurrency } = request;
  const startedAt = new Date().toISOString();
  return { version: 1, kind: 'held', generation, runId, startedAt, features, maxConcurrency, process: self };
}

/** Time since the last heartbeat by the file system's clock, so that hosts with different clocks agree. */
async function silenceMs(lockDir: string, holder: LockHolder): Promise<number> {
  const file = join(lockDir, `.clock.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeFile(file, '.', { mode: PRIVATE_FILE, flag: 'wx' });
    return (await stat(file)).mtimeMs - Date.parse(holder.heartbeatAt ?? holder.startedAt);
  } catch (error) {
    throw writeError(error, file);
  } finally {
    await rm(file, { force: true });
  }
}

function cannotStop(holder: LockHolder): O8Error {
  const { pid } = holder.process;
  return new O8Error(
    'locked',
    `The owner of run ${holder.runId} (pid ${pid}) could not be stopped.`,
    `ps -o pid,stat,args -p ${pid}`,
  );
}
