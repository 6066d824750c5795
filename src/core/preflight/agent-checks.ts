import { taskAgent, type TaskAgent } from '../agents/kinds.js';
import { someOf, warn, type Check } from '../base/check.js';
import { selectedTasks } from '../plan/build-plan.js';
import type { Plan, PlannedTask } from '../plan/plan.js';

/** The agents of this run's tasks without duplicates, each with its tasks; without tasks, the agent of the run. */
export function agentsOf(plan: Plan): (TaskAgent & { readonly tasks: readonly PlannedTask[] })[] {
  const found = new Map<unknown, TaskAgent & { readonly tasks: PlannedTask[] }>();
  for (const task of selectedTasks(plan)) {
    const own = taskAgent(plan.settings, task.agent);
    const known = found.get(own.settings);
    if (known === undefined) found.set(own.settings, { ...own, tasks: [task] });
    else known.tasks.push(task);
  }
  return found.size > 0 ? [...found.values()] : [{ ...taskAgent(plan.settings, null), tasks: [] }];
}

/** Checks of the agents' settings, and what their programs do not support. */
export function agentChecks(plan: Plan): Check[] {
  const agents = agentsOf(plan);
  const checks = agents.flatMap(({ agent, settings }) => agent.checks(settings));
  const different = new Map(checks.map((check) => [`${check.level} ${check.id} ${check.message}`, check]));
  return [...different.values(), ...unboundBudgets(plan, agents)];
}

/** A budget in USD cannot limit an agent program that does not report its cost. */
function unboundBudgets(plan: Plan, agents: ReturnType<typeof agentsOf>): Check[] {
  const silent = agents.filter(({ agent }) => !agent.tellsCost);
  const bound = silent.filter(
    ({ tasks }) => plan.settings.budget.runUsd !== null || tasks.some(({ budgetUsd }) => budgetUsd !== null),
  );
  return bound.map(({ agent, settings, tasks }) => {
    const name = agent.cli?.name ?? `agent program ${agent.program(settings)}`;
    return warn(
      'agent-cost',
      `The ${name} does not report its cost, so budgets in USD do not limit its tasks: ${someOf(tasks.map(({ stem }) => stem))}`,
      'Limit these tasks by timeout instead, or give them an agent that reports its cost',
      tasks.map(({ id }) => id),
    );
  });
}
