import { taskAgent } from '../agents/kinds.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import { taskOf, type RunState } from './run-state.js';
import { isSettled } from './task-state.js';

/** What the next attempt of a task may cost, in US dollars. */
export type AttemptBudget =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'limited'; readonly usd: number }
  /** All that is left is reserved by agents that run; what they do not use comes back. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'exhausted'; readonly which: 'task' | 'run'; readonly ofUsd: number };

/** Less than a cent buys no answer of any model: an agent started with it would only fail. */
const LEAST_USD = 0.01;

/**
 * The smaller of what the task has left and what the run has left that no running agent may still spend. A run budget
 * without task budgets is shared evenly among the tasks still to start, so that the first does not reserve it all.
 */
export function attemptBudget(plan: Plan, state: RunState, task: PlannedTask): AttemptBudget {
  const isBound = (each: PlannedTask): boolean => taskAgent(plan.settings, each.agent).agent.tellsCost;
  if (!isBound(task)) return { kind: 'unlimited' }; // what it costs is never known
  const { runUsd } = plan.settings.budget;
  const ownLeft = task.budgetUsd === null ? null : task.budgetUsd - taskOf(state, task.id).costUsd;
  if (task.budgetUsd !== null && ownLeft !== null && ownLeft < LEAST_USD)
    return { kind: 'exhausted', which: 'task', ofUsd: task.budgetUsd };
  if (runUsd === null) return ownLeft === null ? { kind: 'unlimited' } : { kind: 'limited', usd: ownLeft };

  const records = [...state.tasks.values()];
  const spent = records.reduce((sum, { costUsd }) => sum + costUsd, 0);
  const reserved = records.reduce(
    (sum, { state: other }) => sum + (other.state === 'running' ? (other.budgetUsd ?? 0) : 0),
    0,
  );
  const left = runUsd - spent - reserved;
  if (left < LEAST_USD) return reserved > 0 ? { kind: 'wait' } : { kind: 'exhausted', which: 'run', ofUsd: runUsd };
  if (ownLeft !== null) return { kind: 'limited', usd: Math.min(ownLeft, left) };
  const bound = new Set(plan.tasks.filter(isBound).map(({ id }) => id));
  const toStart = records.filter(
    ({ id, state: other }) => id === task.id || (bound.has(id) && !isSettled(other) && other.state !== 'running'),
  );
  return { kind: 'limited', usd: Math.max(LEAST_USD, left / toStart.length) };
}
