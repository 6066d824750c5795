import { O8Error } from '../../core/base/errors.js';
import type { LockFact, LockHolderFact } from '../../core/preflight/preflight-facts.js';

/** The fixed text about a lock that a live process holds: who, since when, and the three ways on. */
export function lockedError(
  holder: { pid: number; startedAt: string; why: 'held' | 'unknown' },
  again: string,
): O8Error {
  const pid = String(holder.pid);
  if (holder.why === 'unknown') {
    return new O8Error(
      'lock_unknown',
      `Another parallel execution may be in progress (PID: ${pid}), started on another machine or in another container\nStarted at: ${holder.startedAt}`,
      'Look there first. Once it is ended for sure: the same command with --force.',
    );
  }
  return new O8Error(
    'locked',
    `Another parallel execution is in progress (PID: ${pid})\nStarted at: ${holder.startedAt}`,
    [
      'Options:',
      '• Wait for it to complete',
      `• Run: ${again.startsWith('o8 parallel ') ? 'o8 parallel' : 'o8'} status`,
      `• Force override: ${again} --force`,
    ].join('\n'),
  );
}

/** Throws `locked` when a live process holds the lock and `force` was not given. */
export function refuseLocked(
  lock: LockFact,
  { force, again }: { readonly force: boolean; readonly again: string },
): void {
  if (!force) refuseHeld(lock, again);
}

/** Throws `locked` when a live process holds the lock; `again` is the command to repeat with `--force`. */
export function refuseHeld(lock: LockFact, again: string): void {
  if (lock.kind === 'held') throw heldError(lock.holder, again);
}

/** The same for a lock that was just read. */
export function heldError(holder: LockHolderFact, again: string): O8Error {
  return lockedError({ pid: holder.process.pid, startedAt: holder.startedAt, why: 'held' }, again);
}
