import { taskAgent } from '../agents/kinds.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import { taskOf, type RunState } from './run-state.js';
import { isSettled } from './task-state.js';

/** The budget of a task's next attempt, in US dollars. */
export type AttemptBudget =
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'limited'; readonly usd: number }
  /** The rest is reserved by running agents; what they do not spend becomes available again. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'exhausted'; readonly which: 'task' | 'run'; readonly ofUsd: number };

/** With less than a cent, any agent would fail at once. */
const LEAST_USD = 0.01;

/**
 * The smaller of the task's remaining budget and the run's remaining budget that running agents have not reserved. A
 * run budget without task budgets is shared evenly among the tasks not yet started, so that the first does not reserve
 * it all.
 */
export function attemptBudget(plan: Plan, state: RunState, task: PlannedTask): AttemptBudget {
  const isBound = (each: PlannedTask): boolean => taskAgent(plan.settings, each.agent).agent.tellsCost;
  if (!isBound(task)) return { kind: 'unlimited' }; // its cost is unknown
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
