import type { Command } from '../../core/base/text.js';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import type { SupervisorStart } from '../../core/run/supervisor-start.js';
import { bundledProgram } from '../../process/base/bundle.js';
import { isSomethingAt } from '../../process/trees/identify-process.js';
import { startDetached } from '../../process/programs/detach.js';
import { runPaths, type RunHome } from '../../store/files/paths.js';
import { readStart } from '../../store/runs/start-answers.js';
import { ownsRun } from '../context/load-run.js';
import { heldError, lockedError } from '../context/lock-error.js';
import { readSettledLock } from '../context/settled-lock.js';

/** Node starts in well under a second, but needed several on a machine under full load. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
/** Attempts that lost the lock to a supervisor which then ended. More in a row was never seen. */
const MOST_STARTS = 3;

/** Whose lock the new supervisor takes over. */
export type Replacing =
  | { readonly kind: 'nobody' }
  /** An owner on another machine or in another container that has not updated the lock for long. */
  | { readonly kind: 'silent' }
  /** The owner of this generation, which does not answer: it and the agents of its run are ended. */
  | { readonly kind: 'owner'; readonly generation: number; readonly runId: string };

export const NOBODY: Replacing = { kind: 'nobody' };

export interface StartOptions {
  readonly replacing: Replacing;
  /** The command to which `--force` can be added to override another owner; null for none. */
  readonly again: Command | null;
  /**
   * Creates the folder of a new run. A supervisor that does not get the lock removes the folder again. Absent for a run
   * that exists.
   */
  readonly create?: () => Promise<void>;
  /** The supervisor first moves worktrees and branches aside, which has no time limit. */
  readonly makesRoom?: boolean;
}

/**
 * Starts the detached supervisor of the run and waits until it has the lock. It shares no files or terminal with this
 * process, so that it outlives the Claude session. Throws `locked` when another process has the lock.
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
        const lock = await readSettledLock(home); // the winner may only have been finishing an ended run
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

/** Starts a supervisor for the run unless it has one. Throws `locked` when another run has the lock. */
export async function ensureSupervisor(home: RunHome, runId: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (await ownsRun(home, runId)) return;
  try {
    await startSupervisor(home, runId, env, { replacing: NOBODY, again: null });
  } catch (error) {
    if (await ownsRun(home, runId)) return; // another process started it meanwhile
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
    if (!isSomethingAt(pid)) {
      const last = await readStart(home, start);
      if (last !== null) return last;
      throw new O8Error(
        'supervisor_failed',
        `The supervisor (pid ${String(pid)}) ended before the run started.`,
        `cat ${shellQuote(log)}`,
      );
    }
    await delay(POLL_MS);
  }
  throw new O8Error(
    'timed_out',
    `The supervisor (pid ${String(pid)}) did not answer within ${String(timeoutMs / 1000)} s.`,
    `cat ${shellQuote(log)}`,
  );
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
