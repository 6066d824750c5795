import { selectedTasks } from './build-plan.js';
import type { Plan, SourcePlan } from './plan.js';

/** A shell command that this run passes unchanged to `sh`, and when. */
export type PlannedCommand =
  | { readonly kind: 'setup' | 'verify'; readonly command: string; readonly tasks: 'all' | readonly string[] }
  | { readonly kind: 'validation'; readonly command: string; readonly wave: number };

/** Every setup, verify and validation command of this run's tasks, without duplicates. */
export function plannedCommands(plan: Plan): PlannedCommand[] {
  return [...taskCommands(plan, 'setup'), ...taskCommands(plan, 'verify'), ...validations(plan)];
}

/** The commands that come from the manifest rather than the user's settings; the user has to approve them. */
export function manifestCommands(plan: Plan, source: SourcePlan): PlannedCommand[] {
  const asked = new Set(
    [source.settings, ...source.tasks].flatMap(({ setup, verify }) => [setup ?? null, verify ?? null]),
  );
  return plannedCommands(plan).filter(({ kind, command }) => kind === 'validation' || asked.has(command));
}

function taskCommands(plan: Plan, kind: 'setup' | 'verify'): PlannedCommand[] {
  const tasks = selectedTasks(plan);
  const users = new Map<string, string[]>();
  for (const task of tasks) {
    const command = task[kind];
    if (command !== null) users.set(command, [...(users.get(command) ?? []), task.id]);
  }
  return [...users].map(([command, ids]) => ({ kind, command, tasks: ids.length === tasks.length ? 'all' : ids }));
}

function validations(plan: Plan): PlannedCommand[] {
  const running = new Set(selectedTasks(plan).map(({ wave }) => wave));
  return plan.waves.flatMap(({ number, validation }): PlannedCommand[] =>
    validation !== null && running.has(number) ? [{ kind: 'validation', command: validation, wave: number }] : [],
  );
}
