import type { RunEvent } from '../events.js';
import type { PauseResult } from '../request-results.js';
import type { RunState, TaskRecord } from '../run-state.js';

/** A person's wish that no agent starts from now on. `stop`: those that run are stopped, to be continued later. */
export interface PauseWish {
  readonly agents: 'let_finish' | 'stop';
  /** A job works on the task right now. */
  readonly isBusy: (task: string) => boolean;
  /** What was stopped for this wish so far. */
  readonly stopped: ReadonlySet<string>;
}

export interface PauseStep {
  readonly events: readonly RunEvent[];
  /** Tasks whose agents are to be stopped now, beside the loop. */
  readonly stop: readonly string[];
  /** Null: not yet; ask again. */
  readonly answer: PauseResult | null;
}

/** One step towards a pause: recorded first, answered when no agent starts any more, and with `stop` when none is left. */
export function pause(state: RunState, { agents, isBusy, stopped }: PauseWish): PauseStep {
  const { phase } = state;
  if (phase.kind === 'finished' || phase.kind === 'aborting') {
    return { events: [], stop: [], answer: { kind: 'not_running' } };
  }
  const isPaused = phase.kind === 'paused' && phase.until === null;
  const events: RunEvent[] = isPaused ? [] : [{ type: 'run_paused', reason: 'paused by user', until: null }];
  const tasks = [...state.tasks.values()];
  const isStarting = tasks.some(({ id, state: task }) => task.state === 'worktree_created' && isBusy(id));
  if (isStarting) return { events, stop: [], answer: null }; // it was decided before the pause
  const running = tasks.flatMap(({ id, state: task }) => (task.state === 'running' ? [id] : []));
  if (agents === 'let_finish' || running.length === 0) {
    const over = [...stopped].filter((id) => !running.includes(id));
    return { events, stop: [], answer: { kind: 'paused', running, stopped: over } };
  }
  return { events, stop: running.filter((id) => !isBusy(id)), answer: null };
}

/** Ends any pause, a limit's too; what waited for a time goes on now. */
export function unpause(state: RunState): { readonly events: readonly RunEvent[]; readonly answer: PauseResult } {
  if (state.phase.kind !== 'paused') return { events: [], answer: { kind: 'not_paused' } };
  const released = [...state.tasks.values()].filter(waitsForTime);
  const events = released.map(({ id }): RunEvent => ({ type: 'task_released', task: id }));
  return { events: [{ type: 'run_resumed' }, ...events], answer: { kind: 'resumed' } };
}

function waitsForTime({ state }: TaskRecord): boolean {
  return (state.state === 'queued' || state.state === 'worktree_created') && state.notBefore !== null;
}
