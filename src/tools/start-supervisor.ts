import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { O8Error } from '../core/errors.js';
import { failpoint } from '../core/failpoint.js';
import { supervisorStartSchema, type SupervisorStart } from '../core/supervisor-start.js';
import { bundledProgram } from '../process/bundle.js';
import { startDetached } from '../process/detach.js';
import { readJson } from '../store/atomic-file.js';
import { runPaths } from '../store/paths.js';
import { loadRun, ownsRun } from './load-run.js';
import { lockedError } from './lock-error.js';

/** Node starts in well under a second; a machine under full load was seen to need several. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** `force`: an owner nobody here can see, and that has been silent for long, is replaced. */
export type Force = 'force' | 'wait_your_turn';

/**
 * Starts the detached process that owns the run and waits until it has the lock. It shares nothing with us, so it
 * outlives the terminal and the Claude session. Throws `locked` when another process has the lock; `again` is the
 * command that then overrides it with `--force`.
 */
export async function startSupervisor(
  root: string,
  runId: string,
  env: NodeJS.ProcessEnv,
  force: Force,
  again: string,
): Promise<Extract<SupervisorStart, { kind: 'won' }>> {
  const paths = runPaths(root, runId);
  const argv = [process.execPath, bundledProgram('supervisor.js'), '--root', root, '--run', runId];
  failpoint('supervisor.start.before');
  const pid = await startDetached(force === 'force' ? [...argv, '--force'] : argv, {
    cwd: root,
    env: definedOnly(env),
    logFile: paths.supervisorLog,
  });
  failpoint('supervisor.start.after');
  const start = await awaitStart(paths.start(pid), pid, paths.supervisorLog);
  await rm(paths.start(pid), { force: true });
  switch (start.kind) {
    case 'won':
      return start;
    case 'lost':
      throw lockedError({ pid: start.holder.pid, startedAt: start.holder.startedAt, why: start.holder.why }, again);
    case 'failed':
      throw new O8Error('supervisor_failed', start.message, start.hint);
  }
}

/** A supervisor that has ended its run lets the lock go within milliseconds; a loaded machine may take a second. */
const RELEASE_TIMEOUT_MS = 5000;

/** Waits, bounded, until the owner of a finished run has let go, so that the next command is not told "locked". */
export async function awaitRelease(root: string, runId: string): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const { ownerAlive, state } = await loadRun(root, runId);
    if (!ownerAlive || state.phase.kind !== 'finished') return;
    await delay(POLL_MS);
  }
}

/** Makes sure a live process owns this run; throws `locked` when the owner works on another run. */
export async function ensureSupervisor(root: string, runId: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (await ownsRun(root, runId)) return;
  try {
    await startSupervisor(root, runId, env, 'wait_your_turn', 'o8 run --resume');
  } catch (error) {
    if (await ownsRun(root, runId)) return; // somebody else was faster with the same wish
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
        `cat ${log}`,
      );
    }
    await delay(POLL_MS);
  }
  throw new O8Error(
    'timed_out',
    `the supervisor (pid ${String(pid)}) did not answer in ${String(START_TIMEOUT_MS / 1000)} s`,
    `cat ${log}`,
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
