import { selectedTasks } from '../plan/build-plan.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import { findingsOr, someOf, warn, type Check } from '../base/check.js';
import { sourceOf } from '../plan/sources.js';

/** Tasks with the same text and scope, apart from their ids. */
export function sameTaskChecks(plan: Plan): readonly Check[] {
  if (!sourceOf(plan.source).textIsWork) return [];
  const groups = new Map<string, PlannedTask[]>();
  for (const task of selectedTasks(plan)) {
    const key = workOf(task);
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  const findings = [...groups.values()]
    .filter((tasks) => tasks.length > 1)
    .map((tasks) =>
      warn(
        'same-task',
        `${someOf(tasks.map(({ stem }) => stem))} have the same text and scope: the work would be done ${String(tasks.length)} times`,
        `Remove all but one from the plan, or skip them: --skip ${tasks
          .slice(1)
          .map(({ id }) => id)
          .slice(0, 5)
          .join(',')}`,
        tasks.map(({ id }) => id),
      ),
    );
  return findingsOr(findings, 'same-task', 'No two tasks have the same text and scope');
}

function workOf({ id, stem, prompt, scope }: PlannedTask): string {
  // Ids are ignored in headings only, because an id in a sentence may be the only difference between two tasks. The
  // stem is replaced first, because it often starts with the id.
  const text = prompt
    .split('\n')
    .map((line) => (line.startsWith('#') ? line.replaceAll(stem, '').replaceAll(id, '') : line))
    .join('\n');
  const globs = [scope.create, scope.modify].map((entries) => entries.map((entry) => JSON.stringify(entry)).sort());
  return JSON.stringify([text.replaceAll(/\s+/g, ' ').trim().toLowerCase(), globs, [...scope.boundary].sort()]);
}
