import { shellQuote } from '../../core/base/shell-quote.js';
import { errorCode } from '../../core/base/error-code.js';
import { AsyncLocalStorage } from 'node:async_hooks';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { CriticalSection } from '../../core/base/lease.js';
import { makePrivateFolder } from './atomic-file.js';
import { writeError } from './system-error.js';

/** After a crash, the section stays blocked for this long; a live process refreshes its mark every second. */
const STALE_MS = 3_000;
const UPDATE_MS = 1_000;
/** Sections take milliseconds, so a longer wait will not end. */
const WAIT_MS = 30_000;
/** Random delay between two attempts, so that waiting processes do not retry at the same time. */
const RETRY_MS = 10;

const insideOf = new AsyncLocalStorage<ReadonlySet<string>>();
const lastInLine = new Map<string, Promise<unknown>>();

/**
 * A short section for one process at a time, marked by the folder `<file>.lock`; callers in the same process enter in
 * order. Throws O8Error `timed_out` if it does not become free, or if this process was suspended inside for so long
 * that another one entered. It does not decide who owns a run; the lock does.
 */
export function criticalSection(file: string): CriticalSection {
  const path = resolve(file);
  return async (work) => {
    const outer = insideOf.getStore() ?? new Set<string>();
    if (outer.has(path)) throw new Error(`nested critical section ${path}: it would wait for itself`);
    const inside = new Set([...outer, path]);
    return inLine(path, async () => {
      try {
        return await insideOf.run(inside, async () => exclusively(path, work));
      } finally {
        inside.delete(path); // work that was started here and still runs is no longer inside the section
      }
    });
  };
}

async function inLine<T>(path: string, work: () => Promise<T>): Promise<T> {
  const turn = (lastInLine.get(path) ?? Promise.resolve()).then(work);
  const settled = turn.catch(() => undefined); // the caller of this turn receives the error
  lastInLine.set(path, settled);
  try {
    return await turn;
  } finally {
    if (lastInLine.get(path) === settled) lastInLine.delete(path);
  }
}

async function exclusively<T>(path: string, work: () => Promise<T>): Promise<T> {
  await makePrivateFolder(dirname(path));
  failpoint('section.enter.before');
  const compromise = { happened: false };
  const release = await enter(path, () => {
    compromise.happened = true; // called from a timer, where the default handler would throw and end the process
  });
  failpoint('section.enter.after');
  let result: T;
  try {
    result = await work();
  } finally {
    failpoint('section.leave.before');
    await leave(release);
    failpoint('section.leave.after');
  }
  if (compromise.happened) throw overtaken(path);
  return result;
}

async function enter(path: string, onCompromised: () => void): Promise<() => Promise<void>> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    try {
      return await lock(path, { realpath: false, retries: 0, stale: STALE_MS, update: UPDATE_MS, onCompromised });
    } catch (error) {
      if (errorCode(error) !== 'ELOCKED') throw writeError(error, `${path}.lock`);
      if (performance.now() > deadline) throw occupied(path);
    }
    await delay(RETRY_MS * (1 + Math.random()));
  }
}

async function leave(release: () => Promise<void>): Promise<void> {
  try {
    await release();
  } catch (error) {
    if (errorCode(error) !== 'ERELEASED') throw error; // another process has taken over; nothing to release
  }
}

function occupied(path: string): O8Error {
  return new O8Error(
    'timed_out',
    `Another process has been inside ${path}.lock for ${WAIT_MS / 1_000} s.`,
    `If no o8 is running, remove it: rmdir ${shellQuote(`${path}.lock`)}`,
  );
}

function overtaken(path: string): O8Error {
  return new O8Error(
    'timed_out',
    `This process was suspended inside ${path}.lock and another process entered it.`,
    'Run the same command again; completed steps are not repeated.',
  );
}
