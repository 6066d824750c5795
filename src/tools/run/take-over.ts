import { randomUUID } from 'node:crypto';
import { O8Error } from '../../core/base/errors.js';
import { commandOfRun } from '../../core/kept/command-of-run.js';
import { isRunning } from '../../core/run/task-state.js';
import { stopAttempt } from '../../process/attempts/attempt.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { endKept } from '../../process/trees/end-kept.js';
import type { LockState } from '../../store/lock/lock-state.js';
import { attemptPaths, type RunHome } from '../../store/files/paths.js';
import { forgetSetupProcesses, readSetupProcesses } from '../../store/runs/setup-processes.js';
import { askSupervisor } from './ask-supervisor.js';
import { loadRun } from '../context/load-run.js';
import { orphansText, type Orphans } from '../../core/run/open-runs.js';

/**
 * What `--force` does to a run that is alive: abort it, so that its agents stop and its work is kept. An owner that
 * does not answer is stopped, and its agents are stopped for it; the next owner of that run finds them ended.
 */
export async function takeOver(home: RunHome, lock: LockState, env: NodeJS.ProcessEnv): Promise<string[]> {
  if (lock.kind !== 'held') return [];
  const { holder } = lock;
  const pid = String(holder.process.pid);
  const warning = `Overriding existing lock (PID: ${pid})`;
  const { plan } = await loadRun(home, holder.runId);
  try {
    await askSupervisor(home, holder.runId, { kind: 'abort', id: randomUUID(), task: null, cleanup: false }, env, {
      patienceMs: plan.settings.killAfter * 1000 + ANSWER_MS,
    });
    return [warning, `Run ${holder.runId} was aborted; its worktrees are kept`];
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    await processProbe.stop(holder.process, KILL_AFTER_MS);
    await stopAgents(home, holder.runId);
    return [warning, `Run ${holder.runId} did not answer (${error.message}); it and its agents were stopped`];
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
const KILL_AFTER_MS = 2000;

/** Its agents, what `setup` of its tasks left running, and its checks. */
async function stopAgents(home: RunHome, runId: string): Promise<void> {
  const { plan, state } = await loadRun(home, runId);
  const killAfterMs = plan.settings.killAfter * 1000;
  await endKept({ marker: commandOfRun(runId).marker, seen: [] }, killAfterMs);
  for (const { id, attempt, state: task } of state.tasks.values()) {
    if (isRunning(task)) {
      await stopAttempt(attemptPaths(home, runId, id, attempt).dir, task.attemptId, killAfterMs);
    }
    const setup = { home, runId, task: id };
    const kept = await readSetupProcesses(setup);
    if (kept !== null) await endKept(kept, killAfterMs);
    await forgetSetupProcesses(setup);
  }
}
