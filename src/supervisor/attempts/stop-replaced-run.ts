import { O8Error } from '../../core/base/errors.js';
import { commandOfRun } from '../../core/kept/command-of-run.js';
import { replay } from '../../core/run/replay.js';
import { isRunning } from '../../core/run/task-state.js';
import { endKept } from '../../process/trees/end-kept.js';
import { attemptPaths, runPaths } from '../../store/files/paths.js';
import { readJournal } from '../../store/journal/journal.js';
import { readPlan } from '../../store/runs/runs.js';
import { forgetSetupProcesses, readSetupProcesses } from '../../store/runs/setup-processes.js';
import { errorText } from '../run/error-text.js';
import type { Run } from '../run/run.js';

/**
 * The supervisor of another run did not answer and was killed when this run took the lock. Stops the agents of that run
 * too, again after a crash, unless that run has been continued since. Its next supervisor finds its agents ended.
 */
export async function stopReplacedRun(run: Run): Promise<void> {
  const { stopping } = run.ledger.state;
  if (stopping === null) return;
  run.lease.assertHeld();
  try {
    await stopAll(run, stopping.run, stopping.generation);
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    run.log(`run ${stopping.run}: some of its processes could not be stopped: ${errorText(error)}`); // its files are damaged or gone
  }
  await run.ledger.record({ type: 'run_stopped', run: stopping.run });
}

/** Stops its agents, processes left running by `setup`, and its checks. */
async function stopAll({ home, place }: Run, runId: string, replacedBy: number): Promise<void> {
  const plan = await readPlan(home, runId);
  const { records } = await readJournal(runPaths(home, runId).journal);
  const { tasks, owner } = replay(plan, records);
  if (owner !== null && owner.generation > replacedBy) return;
  const killAfterMs = plan.settings.killAfter * 1000;
  await endKept({ marker: commandOfRun(runId).marker, seen: [] }, killAfterMs);
  for (const { id, attempt, state } of tasks.values()) {
    const { dir } = attemptPaths(home, runId, id, attempt);
    if (isRunning(state)) await place.stop({ attemptId: state.attemptId, dir }, killAfterMs);
    const setup = { home, runId, task: id };
    const kept = await readSetupProcesses(setup);
    if (kept !== null) await endKept(kept, killAfterMs);
    await forgetSetupProcesses(setup);
  }
}
