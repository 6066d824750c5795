import type { Stopped } from '../../core/run/request-results.js';
import { aborted, keptByAbort } from '../../core/run/rules/abort.js';
import type { AgentWatch } from './agent-watch.js';
import { attemptExit, endedEvent, exitNumber, storeOutputOnce } from './attempt-evidence.js';
import { endSetupProcesses } from '../run/end-setup-processes.js';
import { settleAttempt } from './settle-attempt.js';
import { unlockWithoutAgent } from './worktree-lock.js';
import { rescueWorktree } from './remove-worktree.js';
import { placedAttempt, plannedTask, recordOf, type Run } from '../run/run.js';

/**
 * Aborts a task: ends its process tree, saves its uncommitted work under a rescue ref, then records the abort. If the
 * agent had finished before it was stopped, the task is done and waits to be merged.
 */
export async function abortTask(run: Run, agents: AgentWatch, id: string): Promise<Stopped> {
  const record = recordOf(run, id);
  const running = record.state.state === 'running' ? record.state : null;
  const pid = running?.process.kind === 'started' ? running.process.pid : null;
  const tree = running === null ? NOTHING_STOPPED : await stopTree(run, id);
  const { survivors } = tree;
  await endSetupProcesses(run, id);
  if (running !== null) {
    await settleAttempt(run, agents, plannedTask(run, id), { why: 'aborted', running: tree.running });
  }
  const kept = keptByAbort(run.plan.runId, recordOf(run, id));
  if (kept !== null) {
    await run.ledger.record(kept);
    return { task: id, pid, worktree: plannedTask(run, id).worktree, rescue: null, survivors: [...survivors] };
  }
  const rescued = record.worktree === 'present' ? await rescueWorktree(run, plannedTask(run, id)) : null;
  if (running !== null) {
    const exit = (await attemptExit(run, id, record.attempt)) ?? { kind: 'unknown' as const };
    await agents.finishLog(id, exitNumber(exit));
    const { event } = await endedEvent(run, plannedTask(run, id), record.attempt, exit);
    await run.ledger.record(event);
  }
  await run.ledger.record(aborted(id));
  if (survivors.length === 0) await unlockWithoutAgent(run, plannedTask(run, id));
  if (running !== null && survivors.length === 0) await storeOutputOnce(run, plannedTask(run, id), record.attempt);
  const worktree = record.worktree === 'present' ? plannedTask(run, id).worktree : null;
  return { task: id, pid, worktree, rescue: rescued?.ref ?? null, survivors: [...survivors] };
}

export interface StoppedTree {
  readonly survivors: readonly number[];
  /** Command lines of processes that the agent had running, with secrets replaced. */
  readonly running: readonly string[];
}

const NOTHING_STOPPED: StoppedTree = { survivors: [], running: [] };

/** Ends the attempt's process tree: SIGTERM, SIGKILL after `killAfter`. Returns what could not be stopped. */
export async function stopTree(run: Run, id: string): Promise<StoppedTree> {
  const { attempt } = recordOf(run, id);
  const killAfterMs = run.plan.settings.killAfter * 1000;
  const { survivors, running } = await run.place.stop(placedAttempt(run, id, attempt), killAfterMs);
  if (survivors.length > 0) run.log(`${id}: still running after SIGKILL: ${survivors.join(', ')}`);
  return { survivors, running: running.map(run.redact) };
}
