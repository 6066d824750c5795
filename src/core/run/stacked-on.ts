import type { Plan, PlannedTask } from '../plan/plan.js';
import { pullRemote, targetOf } from '../plan/target.js';
import { isPublished, taskOf, type RunState } from './run-state.js';
import { mergedCommit } from './task-state.js';

/** The task whose pull request another one is based on, and the commit that the remote has of it. */
export interface StackBase {
  readonly task: string;
  readonly commit: string;
}

/**
 * With `pr.stack` a task may start from the open pull request of the one that it needs. Null where everything it needs has
 * landed, or where it needs several tasks: no single branch is known to have the work of them all.
 */
export function stackedOn(plan: Plan, state: RunState, task: PlannedTask): StackBase | null {
  const [dep, ...others] = task.deps;
  if (!plan.settings.pr.stack || pullRemote(targetOf(plan)) === null || dep === undefined || others.length > 0)
    return null;
  const record = taskOf(state, dep);
  const pushed = record.pull?.pushed ?? null;
  if (mergedCommit(record.state) !== null || !isPublished(record) || pushed === null) return null;
  return { task: dep, commit: pushed };
}
