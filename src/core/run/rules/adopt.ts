import { leftOutTasks, type LeftOut } from '../../plan/build-plan.js';
import type { Plan } from '../../plan/plan.js';
import type { RunEvent } from '../events.js';
import { taskOf, type RunState } from '../run-state.js';

/** Tasks this run leaves out and has not looked at yet: once, as a later wish to run one of them stands. */
export function tasksToAdopt(plan: Plan, state: RunState): readonly LeftOut[] {
  return leftOutTasks(plan).filter(({ task }) => taskOf(state, task.id).changedAt === 0);
}

/** What is there of a task that is left out. `commits`: of its branch since the base. */
export interface EarlierBranch {
  readonly tip: string;
  /** The target has all of it. */
  readonly contained: boolean;
  readonly commits: number;
}

/**
 * One whose branch is already in the target, or that an earlier run landed, counts as landed for those that need it; one of
 * another wave whose branch holds unmerged work is merged first, so that what needs it starts from a base that contains
 * it. `pin`: the commit that has to stay reachable first.
 */
export function adopt(
  plan: Plan,
  { task, why }: LeftOut,
  branch: EarlierBranch | null,
): { readonly pin: string | null; readonly events: readonly RunEvent[] } {
  const landed = branch?.contained === true ? branch.tip : (plan.landed[task.id] ?? null);
  const skipped: RunEvent = { type: 'task_skipped', task: task.id, why, landed };
  const needed = plan.tasks.some(({ deps, wave }) => wave === plan.wave && deps.includes(task.id));
  if (branch === null || landed !== null || why === 'user' || !needed) return { pin: null, events: [skipped] };
  const { tip, commits } = branch;
  const notes = ['merged from an earlier run'];
  return { pin: tip, events: [skipped, { type: 'task_done', task: task.id, tip, commits, notes }] };
}
