import { clockTime } from '../text/clock-time.js';
import type { Plan } from '../plan/plan.js';
import { taskOf, type RunState } from './run-state.js';
import { isSettled } from './task-state.js';

/** As many as fit on a terminal line; the rest are counted. */
const MOST_NAMED = 4;

/**
 * The state of a run on one line, for waiting users: the running tasks with their start, and how many have finished.
 */
export function runningText(plan: Plan, state: RunState, now: Date): string {
  const tasks = plan.tasks.map(({ id }) => taskOf(state, id));
  const running = tasks.flatMap(({ id, state: task }) =>
    task.state === 'running' ? [`${id} since ${clockTime(new Date(task.since), now)}`] : [],
  );
  const named = running.slice(0, MOST_NAMED).join(', ');
  const more = running.length > MOST_NAMED ? ` and ${String(running.length - MOST_NAMED)} more` : '';
  const over = `${String(tasks.filter(({ state: task }) => isSettled(task)).length)} of ${String(tasks.length)} tasks finished`;
  if (running.length > 0) return `running: ${named}${more}; ${over}`;
  const paused = state.phase.kind === 'paused' ? `paused: ${state.phase.reason}` : 'no agent is running';
  return `${paused}; ${over}`;
}
