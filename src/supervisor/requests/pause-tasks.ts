import type { PauseResult } from '../../core/run/request-results.js';
import type { Request } from '../../core/run/requests.js';
import { recordOf, type Run } from '../run/run.js';

type PauseRequest = Extract<Request, { kind: 'pause' }>;

/** What pausing needs of the loop. */
export interface PauseHost {
  readonly isBusy: (task: string) => boolean;
  /** Stops the task's agent so that it can be continued; beside the loop. */
  readonly startStopping: (task: string) => void;
}

/**
 * A person's pause: no agent starts from now on. It is recorded first and answered when that is true, and with `stop`
 * when no agent is left; null until then. `stopped` collects what it has stopped over the calls for one request.
 */
export async function pauseRun(
  run: Run,
  { agents }: PauseRequest,
  host: PauseHost,
  stopped: Set<string>,
): Promise<PauseResult | null> {
  const { phase } = run.ledger.state;
  if (phase.kind === 'finished' || phase.kind === 'aborting') return { kind: 'not_running' };
  if (phase.kind !== 'paused' || phase.until !== null) {
    await run.ledger.record({ type: 'run_paused', reason: 'the user asked for it', until: null });
  }
  if (run.plan.tasks.some(({ id }) => isStarting(run, id, host))) return null; // it was decided before the pause
  const running = run.plan.tasks.map(({ id }) => id).filter((id) => recordOf(run, id).state.state === 'running');
  if (agents === 'let_finish' || running.length === 0)
    return { kind: 'paused', running, stopped: [...stopped].filter((id) => !running.includes(id)) };
  for (const id of running.filter((task) => !host.isBusy(task))) {
    stopped.add(id);
    host.startStopping(id);
  }
  return null;
}

function isStarting(run: Run, id: string, { isBusy }: PauseHost): boolean {
  return recordOf(run, id).state.state === 'worktree_created' && isBusy(id);
}

/** Ends any pause, a limit's too; what waited for a time goes on now. */
export async function unpauseRun(run: Run): Promise<PauseResult> {
  if (run.ledger.state.phase.kind !== 'paused') return { kind: 'not_paused' };
  await run.ledger.record({ type: 'run_resumed' });
  for (const { id } of run.plan.tasks) {
    const { state } = recordOf(run, id);
    const waits = state.state === 'queued' || state.state === 'worktree_created';
    if (waits && state.notBefore !== null) await run.ledger.record({ type: 'task_released', task: id });
  }
  return { kind: 'resumed' };
}
