import type { Plan, PlannedTask } from './plan.js';

/** The plan with additional tasks; tasks that it already has are unchanged. */
export function grownPlan(plan: Plan, added: readonly PlannedTask[]): Plan {
  const known = new Set(plan.tasks.map(({ id }) => id));
  const joined = added.filter(({ id }) => !known.has(id));
  if (joined.length === 0) return plan;
  const grown = { ...plan, tasks: [...plan.tasks], waves: plan.waves.map((wave) => ({ ...wave })) };
  for (const task of joined) growPlan(grown, task);
  return grown;
}

/** Adds the task to `plan` itself, because all jobs of a supervisor share this object. */
export function growPlan(plan: Plan, task: PlannedTask): void {
  if (plan.tasks.some(({ id }) => id === task.id)) return;
  plan.tasks.push(task);
  const wave = plan.waves.find(({ number }) => number === task.wave);
  if (wave === undefined) plan.waves.push({ number: task.wave, tasks: [task.id], validation: null });
  else wave.tasks = [...wave.tasks, task.id];
}
