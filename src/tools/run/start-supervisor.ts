import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { shellQuote } from '../../core/text/shell-quote.js';
import { supervisorStartSchema, type SupervisorStart } from '../../core/run/supervisor-start.js';
import { bundledProgram } from '../../process/base/bundle.js';
import { startDetached } from '../../process/programs/detach.js';
import { readJson } from '../../store/files/atomic-file.js';
import { runPaths, type RunHome } from '../../store/files/paths.js';
import { ownsRun } from '../context/load-run.js';
import { heldError, lockedError } from '../context/lock-error.js';
import { readSettledLock } from '../context/settled-lock.js';

/** Node starts in well under a second; a machine under full load was seen to need several. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
/** Each time lost to somebody who has ended since: more in a row was never seen. */
const MOST_STARTS = 3;

/** `force`: an owner nobody here can see, and that has been silent for long, is replaced. */
export type Force = 'force' | 'wait_your_turn';

/**
 * Starts the detached process that owns the run and waits until it has the lock. It shares nothing with us, so it
 * outlives the terminal and the Claude session. Throws `locked` when another process has the lock; `again` is the
 * command that then overrides it with `--force`.
 */
export async function startSupervisor(
  home: RunHome,
  runId: string,
  env: NodeJS.ProcessEnv,
  force: Force,
  again: string,
): Promise<Extract<SupervisorStart, { kind: 'won' }>> {
  for (let started = 1; ; started += 1) {
    const start = await startOnce(home, runId, env, force);
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

async function startOnce(home: RunHome, runId: string, env: NodeJS.ProcessEnv, force: Force): Promise<SupervisorStart> {
  const paths = runPaths(home, runId);
  const argv = [process.execPath, bundledProgram('supervisor.js'), '--root', home.root, '--run', runId];
  failpoint('supervisor.start.before');
  const pid = await startDetached(force === 'force' ? [...argv, '--force'] : argv, {
    cwd: home.root,
    env: definedOnly(env),
    logFile: paths.supervisorLog,
  });
  failpoint('supervisor.start.after');
  const start = await awaitStart(paths.start(pid), pid, paths.supervisorLog);
  await rm(paths.start(pid), { force: true });
  return start;
}

/** Makes sure a live process owns this run; throws `locked` when the owner works on another run. */
export async function ensureSupervisor(home: RunHome, runId: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (await ownsRun(home, runId)) return;
  try {
    await startSupervisor(home, runId, env, 'wait_your_turn', 'o8 run --resume');
  } catch (error) {
    if (await ownsRun(home, runId)) return; // somebody else was faster with the same wish
    throw error;
  }
}

async function awaitStart(file: string, pid: number, log: string): Promise<SupervisorStart> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const start = await readJson(file, supervisorStartSchema);
    if (start !== null) return start;
    if (!isThere(pid)) {
      const last = await readJson(file, supervisorStartSchema);
      if (last !== null) return last;
      throw new O8Error(
        'supervisor_failed',
        `the supervisor (pid ${String(pid)}) ended before it had the lock`,
        `cat ${shellQuote(log)}`,
      );
    }
    await delay(POLL_MS);
  }
  throw new O8Error(
    'timed_out',
    `the supervisor (pid ${String(pid)}) did not answer in ${String(START_TIMEOUT_MS / 1000)} s`,
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
