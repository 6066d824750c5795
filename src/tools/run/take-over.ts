import { randomUUID } from 'node:crypto';
import { O8Error } from '../../core/base/errors.js';
import type { LockState } from '../../store/lock/lock-state.js';
import type { RunHome } from '../../store/files/paths.js';
import { askSupervisor } from './ask-supervisor.js';
import { NOBODY, type Replacing } from './start-supervisor.js';
import { loadRun } from '../context/load-run.js';
import { orphansText, type Orphans } from '../../core/run/open-runs.js';

/** What was done with the run that had the lock, as warnings, and whose lock the new supervisor must take over. */
export interface TakenOver {
  readonly warnings: string[];
  readonly replacing: Replacing;
}

/**
 * What `--force` does to an active run: it aborts the run, so that its agents stop and its work is kept. A supervisor
 * that does not answer is ended, with its agents, by the supervisor that starts next.
 */
export async function takeOver(home: RunHome, lock: LockState, env: NodeJS.ProcessEnv): Promise<TakenOver> {
  if (lock.kind === 'unknown') return { warnings: [], replacing: { kind: 'silent' } };
  if (lock.kind !== 'held') return { warnings: [], replacing: NOBODY };
  const { runId, generation, process } = lock.holder;
  const warning = `Overriding existing lock (PID: ${String(process.pid)})`;
  const { plan } = await loadRun(home, runId);
  try {
    await askSupervisor(home, runId, { kind: 'abort', id: randomUUID(), task: null, cleanup: false }, env, {
      patienceMs: plan.settings.killAfter * 1000 + ANSWER_MS,
    });
    return { warnings: [warning, `Run ${runId} was aborted; its worktrees are kept.`], replacing: NOBODY };
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    return {
      warnings: [
        warning,
        `The supervisor of run ${runId} did not answer, so it and its agents were stopped: ${error.message}`,
      ],
      replacing: { kind: 'owner', generation, runId },
    };
  }
}

/** The same for runs without a supervisor whose agents are still running. */
export async function stopOrphans(
  home: RunHome,
  orphans: readonly Orphans[],
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const orphan of orphans) {
    const request = { kind: 'abort' as const, id: randomUUID(), task: null, cleanup: false };
    await askSupervisor(home, orphan.runId, request, env);
    warnings.push(`${orphansText(orphan)}. The run was aborted; its worktrees are kept.`);
  }
  return warnings;
}

/** Added to the time that its agents have to end. A running supervisor reads requests many times a second. */
const ANSWER_MS = 10_000;
