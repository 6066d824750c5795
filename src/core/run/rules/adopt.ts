import { leftOutTasks, type LeftOut } from '../../plan/build-plan.js';
import type { Plan } from '../../plan/plan.js';
import type { RunEvent } from '../events.js';
import { taskOf, type RunState } from '../run-state.js';

/** Left-out tasks not yet checked. Each is checked once, so that a later request to run one is not overwritten. */
export function tasksToAdopt(plan: Plan, state: RunState): readonly LeftOut[] {
  return leftOutTasks(plan).filter(({ task }) => taskOf(state, task.id).changedAt === 0);
}

/** The existing branch of a left-out task. `commits`: their number since the base. */
export interface EarlierBranch {
  readonly tip: string;
  /** The target contains all of its commits. */
  readonly contained: boolean;
  readonly commits: number;
}

/**
 * A left-out task whose branch is already in the target, or that an earlier run landed, counts as merged for its
 * dependents. If a task of the selected wave needs one with unmerged work, that work is merged first, so that the
 * dependent starts from a base that contains it. `pin`: the commit that has to be kept reachable first.
 */
export function adopt(
  plan: Plan,
  { task, why }: LeftOut,
  branch: EarlierBranch | null,
): { readonly pin: string | null; readonly events: readonly RunEvent[] } {
  const merged = branch?.contained === true ? branch.tip : (plan.landed[task.id] ?? null);
  const skipped: RunEvent = { type: 'task_skipped', task: task.id, why, landed: merged };
  const needed = plan.tasks.some(({ deps, wave }) => wave === plan.wave && deps.includes(task.id));
  if (branch === null || merged !== null || why === 'user' || !needed) return { pin: null, events: [skipped] };
  const { tip, commits } = branch;
  const notes = ['merged from an earlier run'];
  return { pin: tip, events: [skipped, { type: 'task_done', task: task.id, tip, commits, notes }] };
}
