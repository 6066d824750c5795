import type { Command } from '../../core/base/text.js';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import type { SupervisorStart } from '../../core/run/supervisor-start.js';
import { bundledProgram } from '../../process/base/bundle.js';
import { startDetached } from '../../process/programs/detach.js';
import { runPaths, type RunHome } from '../../store/files/paths.js';
import { readStart } from '../../store/runs/start-answers.js';
import { ownsRun } from '../context/load-run.js';
import { heldError, lockedError } from '../context/lock-error.js';
import { readSettledLock } from '../context/settled-lock.js';

/** Node starts in well under a second; a machine under full load was seen to need several. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
/** Each time lost to somebody who has ended since: more in a row was never seen. */
const MOST_STARTS = 3;

/** Whose lock is taken from them. */
export type Replacing =
  | { readonly kind: 'nobody' }
  /** An owner nobody here can see, and that has been silent for long. */
  | { readonly kind: 'silent' }
  /** The owner of this generation, which does not answer: it is ended, and what its run has running. */
  | { readonly kind: 'owner'; readonly generation: number; readonly runId: string };

export const NOBODY: Replacing = { kind: 'nobody' };

export interface StartOptions {
  readonly replacing: Replacing;
  /** The command that overrides another owner with `--force`, null where there is none. */
  readonly again: Command | null;
  /**
   * Makes the run's folder, for a run that is new: whoever loses the lock to somebody else removes it before anything
   * begins. Without: the run is there.
   */
  readonly create?: () => Promise<void>;
  /** It makes room first, which takes as long as there is to keep and to move. */
  readonly makesRoom?: boolean;
}

/**
 * Starts the detached process that owns the run and waits until it has the lock. It shares nothing with us, so it
 * outlives the terminal and the Claude session. Throws `locked` when another process has the lock.
 */
export async function startSupervisor(
  home: RunHome,
  runId: string,
  env: NodeJS.ProcessEnv,
  options: StartOptions,
): Promise<Extract<SupervisorStart, { kind: 'won' }>> {
  const { again } = options;
  for (let started = 1; ; started += 1) {
    await options.create?.();
    const start = await startOnce(home, runId, env, options);
    switch (start.kind) {
      case 'won':
        return start;
      case 'lost': {
        const { holder } = start;
        if (holder.why === 'unknown') throw lockedError(holder, again);
        const lock = await readSettledLock(home); // the winner may have been one that only ended a finished run
        if (lock.kind === 'held') throw heldError(lock.holder, again);
        if (started === MOST_STARTS) throw lockedError(holder, again);
        continue;
      }
      case 'failed':
        throw new O8Error('supervisor_failed', start.message, start.hint);
    }
  }
}

async function startOnce(
  home: RunHome,
  runId: string,
  env: NodeJS.ProcessEnv,
  { replacing, create, makesRoom }: StartOptions,
): Promise<SupervisorStart> {
  const start = randomUUID();
  const { supervisorLog } = runPaths(home, runId);
  const argv = [process.execPath, bundledProgram('supervisor.js'), '--root', home.root, '--run', runId];
  const isNew = create === undefined ? [] : ['--new'];
  failpoint('supervisor.start.before');
  const pid = await startDetached([...argv, '--start', start, ...isNew, ...replacingOptions(replacing)], {
    cwd: home.root,
    env: definedOnly(env),
    logFile: supervisorLog,
  });
  failpoint('supervisor.start.after');
  return awaitStart({
    home,
    start,
    pid,
    log: supervisorLog,
    timeoutMs: makesRoom === true ? Infinity : START_TIMEOUT_MS,
  });
}

function replacingOptions(replacing: Replacing): string[] {
  switch (replacing.kind) {
    case 'nobody':
      return [];
    case 'silent':
      return ['--force'];
    case 'owner':
      return ['--replace', String(replacing.generation)];
  }
}

/** Makes sure a live process owns this run; throws `locked` when the owner works on another run. */
export async function ensureSupervisor(home: RunHome, runId: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (await ownsRun(home, runId)) return;
  try {
    await startSupervisor(home, runId, env, { replacing: NOBODY, again: null });
  } catch (error) {
    if (await ownsRun(home, runId)) return; // somebody else was faster with the same wish
    throw error;
  }
}

interface Awaited {
  readonly home: RunHome;
  readonly start: string;
  readonly pid: number;
  readonly log: string;
  readonly timeoutMs: number;
}

async function awaitStart({ home, start, pid, log, timeoutMs }: Awaited): Promise<SupervisorStart> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const answer = await readStart(home, start);
    if (answer !== null) return answer;
    if (!isThere(pid)) {
      const last = await readStart(home, start);
      if (last !== null) return last;
      throw new O8Error(
        'supervisor_failed',
        `the supervisor (pid ${String(pid)}) ended before the run began`,
        `cat ${shellQuote(log)}`,
      );
    }
    await delay(POLL_MS);
  }
  throw new O8Error(
    'timed_out',
    `the supervisor (pid ${String(pid)}) did not answer in ${String(timeoutMs / 1000)} s`,
    `cat ${shellQuote(log)}`,
  );
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // ESRCH: it is gone
  }
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
