import type { RunEvent } from '../events.js';
import type { PauseResult } from '../request-results.js';
import type { RunState, TaskRecord } from '../run-state.js';

/** The user's request that no new agents start. `stop`: running agents are stopped and continued later. */
export interface PauseWish {
  readonly agents: 'let_finish' | 'stop';
  /** Whether a job is working on the task. */
  readonly isBusy: (task: string) => boolean;
  /** Tasks already stopped for this request. */
  readonly stopped: ReadonlySet<string>;
}

export interface PauseStep {
  readonly events: readonly RunEvent[];
  /** Tasks whose agents have to be stopped now. */
  readonly stop: readonly string[];
  /** Null if the pause is not complete yet: call again. */
  readonly answer: PauseResult | null;
}

/** One step of a pause. It is recorded first, and complete when no agent is starting; with `stop`, when none runs. */
export function pause(state: RunState, { agents, isBusy, stopped }: PauseWish): PauseStep {
  const { phase } = state;
  if (phase.kind === 'finished' || phase.kind === 'aborting') {
    return { events: [], stop: [], answer: { kind: 'not_running' } };
  }
  const isPaused = phase.kind === 'paused' && phase.until === null;
  const events: RunEvent[] = isPaused ? [] : [{ type: 'run_paused', reason: 'paused by user', until: null }];
  const tasks = [...state.tasks.values()];
  const isStarting = tasks.some(({ id, state: task }) => task.state === 'worktree_created' && isBusy(id));
  if (isStarting) return { events, stop: [], answer: null }; // its start was decided before the pause
  const running = tasks.flatMap(({ id, state: task }) => (task.state === 'running' ? [id] : []));
  if (agents === 'let_finish' || running.length === 0) {
    const over = [...stopped].filter((id) => !running.includes(id));
    return { events, stop: [], answer: { kind: 'paused', running, stopped: over } };
  }
  return { events, stop: running.filter((id) => !isBusy(id)), answer: null };
}

/** Ends any pause, including one for a usage limit; tasks that wait for a time continue now. */
export function unpause(state: RunState): { readonly events: readonly RunEvent[]; readonly answer: PauseResult } {
  if (state.phase.kind !== 'paused') return { events: [], answer: { kind: 'not_paused' } };
  const released = [...state.tasks.values()].filter(waitsForTime);
  const events = released.map(({ id }): RunEvent => ({ type: 'task_released', task: id }));
  return { events: [{ type: 'run_resumed' }, ...events], answer: { kind: 'resumed' } };
}

function waitsForTime({ state }: TaskRecord): boolean {
  return (state.state === 'queued' || state.state === 'worktree_created') && state.notBefore !== null;
}
