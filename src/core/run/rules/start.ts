import type { Plan, PlannedTask } from '../../plan/plan.js';
import { dollars } from '../../text/dollars.js';
import { attemptBudget } from '../budget.js';
import type { RunEvent } from '../events.js';
import { taskOf, type RunState } from '../run-state.js';

export type AttemptStart =
  /** `budgetUsd`: its budget, null for no limit. */
  | { readonly kind: 'start'; readonly attempt: number; readonly budgetUsd: number | null }
  /** The rest of the budget is reserved by running agents; `decide` tries again when they have ended. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'record'; readonly event: RunEvent };

/** Decides whether the next attempt of a task starts now. */
export function nextAttempt(plan: Plan, state: RunState, task: PlannedTask): AttemptStart {
  const budget = attemptBudget(plan, state, task);
  switch (budget.kind) {
    case 'wait':
      return budget;
    case 'exhausted': {
      const message = `budget of ${dollars(budget.ofUsd)} for the ${budget.which} spent`;
      return { kind: 'record', event: { type: 'task_failed', task: task.id, reason: 'budget_exceeded', message } };
    }
    case 'limited':
    case 'unlimited': {
      const attempt = taskOf(state, task.id).attempt + 1;
      return { kind: 'start', attempt, budgetUsd: budget.kind === 'limited' ? budget.usd : null };
    }
  }
}
