import { o8, text, withFlags, type Command } from '../../core/base/text.js';
import { O8Error, optionsError } from '../../core/base/errors.js';
import type { LockFact, LockHolderFact } from '../../core/preflight/preflight-facts.js';

/**
 * The error for a lock that another process holds: its pid, since when, and the options. `again`: the command to which
 * `--force` can be added; null for commands without that flag.
 */
export function lockedError(
  holder: { pid: number; startedAt: string; why: 'held' | 'unknown' },
  again: Command | null,
): O8Error {
  const pid = String(holder.pid);
  if (holder.why === 'unknown') {
    return new O8Error(
      'lock_unknown',
      `Another parallel execution may be in progress (PID: ${pid}), started on another machine or in another container\nStarted at: ${holder.startedAt}`,
      again === null
        ? 'Check there first, and wait until that run has ended.'
        : text`Check there first. If that run has ended: ${withFlags(again, { force: true })}`,
    );
  }
  return optionsError(
    'locked',
    `Another parallel execution is in progress (PID: ${pid})\nStarted at: ${holder.startedAt}`,
    [
      'Wait for it to complete',
      text`Run: ${o8(again?.o8 === 'parallel' ? 'parallel status' : 'status')}`,
      again === null ? text`Stop that run: ${o8('abort')}` : text`Force override: ${withFlags(again, { force: true })}`,
    ],
  );
}

/** Throws `locked` when a running process holds the lock and `force` was not given. */
export function refuseLocked(
  lock: LockFact,
  { force, again }: { readonly force: boolean; readonly again: Command },
): void {
  if (!force) refuseHeld(lock, again);
}

/** Throws `locked` when a running process holds the lock. `again`: the command to which `--force` can be added. */
export function refuseHeld(lock: LockFact, again: Command): void {
  if (lock.kind === 'held') throw heldError(lock.holder, again);
}

/** The error for a lock that was just read. */
export function heldError(holder: LockHolderFact, again: Command | null): O8Error {
  return lockedError({ pid: holder.process.pid, startedAt: holder.startedAt, why: 'held' }, again);
}
