import { selectedTasks } from './build-plan.js';
import type { Plan, PlannedTask } from './plan.js';

type Node = Pick<PlannedTask, 'id' | 'wave' | 'deps' | 'priority'>;

/** Waves that must end before any later wave starts: those with a validation, or all with `schedule: waves`. */
export function barrierWaves(plan: Pick<Plan, 'settings' | 'waves'>): ReadonlySet<number> {
  const { schedule } = plan.settings;
  return new Set(
    plan.waves.filter((wave) => schedule === 'waves' || wave.validation !== null).map(({ number }) => number),
  );
}

/**
 * The number of tasks on the longest dependency chain that starts with each task, including the task: the priority of
 * critical-path list scheduling. Counting tasks alike takes 2% longer than the lower bound (with true durations: 0%).
 * Dependencies on tasks that are not in the list are ignored.
 */
export function remainingPath(
  tasks: readonly Node[],
  barriers: ReadonlySet<number> = new Set(),
): ReadonlyMap<string, number> {
  const dependents = dependentsOf(tasks);
  const remaining = new Map<string, number>();
  const underway = new Set<string>();
  let longestOfLaterWaves = 0;

  const measure = (task: Node): number => {
    const known = remaining.get(task.id);
    if (known !== undefined) return known;
    if (underway.has(task.id)) throw new Error(`the tasks form a cycle at ${task.id}`);
    underway.add(task.id);
    const following = (dependents.get(task.id) ?? []).map(measure);
    const path = 1 + Math.max(barriers.has(task.wave) ? longestOfLaterWaves : 0, ...following);
    remaining.set(task.id, path);
    return path;
  };

  // From the last wave to the first, because a task of a barrier wave precedes all tasks of later waves.
  const waves = [...new Set(tasks.map(({ wave }) => wave))].sort((a, b) => b - a);
  for (const wave of waves) {
    const paths = tasks.filter((task) => task.wave === wave).map(measure);
    longestOfLaterWaves = Math.max(longestOfLaterWaves, ...paths);
  }
  return remaining;
}

/** Of a plan only the list of tasks ever changes, and only by growing: an order of all of them is still the order. */
const startOrders = new WeakMap<Plan, readonly string[]>();

/**
 * Ids of all tasks in the order in which they get free slots: the source's priority, longest remaining path, wave, plan
 * order. Asked again for the same plan it costs nothing, because `decide` asks at every look.
 */
export function startOrder(plan: Plan): readonly string[] {
  const known = startOrders.get(plan);
  if (known?.length === plan.tasks.length) return known;
  const order = inPathOrder(plan, plan.tasks)
    .sort((a, b) => priorityOf(a) - priorityOf(b))
    .map(({ id }) => id);
  startOrders.set(plan, order);
  return order;
}

/** The longest dependency chain of this run's tasks, first task first; ties are decided by wave and plan order. */
export function criticalPath(plan: Plan): string[] {
  const tasks = selectedTasks(plan);
  const barriers = barrierWaves(plan);
  const remaining = remainingPath(tasks, barriers);
  const path: Node[] = [];
  for (const task of inPathOrder(plan, tasks)) {
    const last = path.at(-1);
    if (
      last === undefined ||
      (follows(last, task, barriers) && remaining.get(last.id) === 1 + (remaining.get(task.id) ?? 0))
    ) {
      path.push(task);
    }
  }
  return path.map(({ id }) => id);
}

function follows(before: Node, after: Node, barriers: ReadonlySet<number>): boolean {
  return after.deps.includes(before.id) || (barriers.has(before.wave) && before.wave < after.wave);
}

function inPathOrder<T extends Node>(plan: Plan, tasks: readonly T[]): T[] {
  const remaining = remainingPath(tasks, barrierWaves(plan));
  const pathOf = (task: T): number => remaining.get(task.id) ?? 0;
  // Sorting is stable, so equal tasks keep the plan's order.
  return [...tasks].sort((a, b) => pathOf(b) - pathOf(a) || a.wave - b.wave);
}

function priorityOf({ priority }: Node): number {
  return priority ?? 0;
}

function dependentsOf(tasks: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const dependents = new Map<string, Node[]>(tasks.map(({ id }) => [id, []]));
  for (const task of tasks) {
    for (const dep of task.deps) dependents.get(dep)?.push(task);
  }
  return dependents;
}
