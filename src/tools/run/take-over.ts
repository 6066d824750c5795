import { randomUUID } from 'node:crypto';
import { O8Error } from '../../core/base/errors.js';
import type { LockState } from '../../store/lock/lock-state.js';
import type { RunHome } from '../../store/files/paths.js';
import { askSupervisor } from './ask-supervisor.js';
import { NOBODY, type Replacing } from './start-supervisor.js';
import { loadRun } from '../context/load-run.js';
import { orphansText, type Orphans } from '../../core/run/open-runs.js';

/** What became of the run that had the lock, for people, and whose lock is still to be taken. */
export interface TakenOver {
  readonly warnings: string[];
  readonly replacing: Replacing;
}

/**
 * What `--force` does to a run that is alive: abort it, so that its agents stop and its work is kept. An owner that
 * does not answer is ended by the supervisor that starts next, and so are its agents; the next owner of that run finds
 * them ended.
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
    return { warnings: [warning, `Run ${runId} was aborted; its worktrees are kept`], replacing: NOBODY };
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    return {
      warnings: [warning, `Run ${runId} did not answer (${error.message}); it and its agents were stopped`],
      replacing: { kind: 'owner', generation, runId },
    };
  }
}

/** The same to runs that nobody owns and whose agents live: each is aborted, so that its agents stop and its work is kept. */
export async function stopOrphans(
  home: RunHome,
  orphans: readonly Orphans[],
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const orphan of orphans) {
    const request = { kind: 'abort' as const, id: randomUUID(), task: null, cleanup: false };
    await askSupervisor(home, orphan.runId, request, env);
    warnings.push(`${orphansText(orphan)}. The run was aborted; its worktrees are kept`);
  }
  return warnings;
}

/** On top of what its agents are given to end. One that is alive reads requests many times a second. */
const ANSWER_MS = 10_000;
