import type { Reader } from '../text/spelling.js';
import { relative } from 'node:path';
import { leftOutTasks, selectedTasks } from './build-plan.js';
import { shownText } from '../text/shown-text.js';
import { formatEstimate, type DiskEstimate } from './disk-estimate.js';
import { plannedCommands, type PlannedCommand } from './plan-commands.js';
import type { Plan, PlannedTask } from './plan.js';
import { agentKind, agentSettingsOf, knownAgent } from '../settings/agent-settings.js';
import { printable } from '../text/untrusted-text.js';
import { mergesIntoText, targetOf } from './target.js';
import { sourceOf } from './sources.js';

/**
 * The "Parallel Execution Plan", whose text is fixed because scripts parse it, followed by everything else:
 * dependencies that differ from the waves, the shell commands, where the work is merged, and what is left out. No
 * newline at the end.
 */
export function planText(plan: Plan, disk: DiskEstimate, reader: Reader = 'terminal'): string {
  const sections = [
    ['=== Parallel Execution Plan ==='],
    heading(plan),
    ...waves(plan),
    [`Total Tasks: ${String(selectedTasks(plan).length)}`, `Estimated Worktree Space: ${formatEstimate(disk)}`],
    dependencies(plan),
    agents(plan),
    commands(plan),
    [mergesIntoText(targetOf(plan), reader)],
    leftOut(plan),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** Tasks that use a different agent than the run's default. */
export function agents({ settings, ...plan }: Plan): string[] {
  const tasks = new Map<string, string[]>();
  for (const { stem, agent } of selectedTasks({ settings, ...plan })) {
    const name = knownAgent(settings, agent);
    if (name !== null) tasks.set(name, [...(tasks.get(name) ?? []), stem]);
  }
  return [...tasks].map(([name, stems]) => {
    const { model, ...own } = agentSettingsOf(settings, name);
    const what = [agentKind(own), ...(model === null ? [] : [model])].map(printable).join(', ');
    return `Agent ${printable(name)} (${what}): ${stems.join(', ')}`;
  });
}

/** A path for people: relative to the repository, without a slash at the end. */
export function relativePath(root: string, path: string): string {
  return printable(relative(root, path) || '.');
}

/** `setup (task-001, task-002): npm ci`, the command as passed to the shell; its continuation lines are indented. */
export function commandLine(command: PlannedCommand): string {
  const lines = shownText(command.command).split('\n');
  return `${command.kind} (${occasion(command)}): ${lines.join('\n        ')}`;
}

function occasion(command: PlannedCommand): string {
  if (command.kind === 'validation') return `after wave ${String(command.wave)}`;
  return command.tasks === 'all' ? 'every task' : command.tasks.join(', ');
}

/** The sections below are shared by the plans of all kinds. */
export function heading(plan: Plan): string[] {
  return [
    ...sourceOf(plan.source).heading(plan.root),
    `Base Branch: ${printable(plan.base.branch)}`,
    `Max Concurrent: ${String(plan.settings.maxConcurrency)}`,
    ...(plan.settings.schedule === 'waves'
      ? ['Schedule: each wave starts when the whole wave before it has finished']
      : []),
  ];
}

function waves(plan: Plan): string[][] {
  const selected = selectedTasks(plan);
  // The arrows of all waves are in one column, three characters after the longest name.
  const width = Math.max(0, ...plan.tasks.map(({ stem }) => stem.length)) + 3;
  return plan.waves
    .map(({ number }) => ({ number, tasks: selected.filter(({ wave }) => wave === number) }))
    .filter(({ tasks }) => tasks.length > 0)
    .map(({ number, tasks }) => [
      `Wave ${String(number)} (${tasks.length === 1 ? '1 task' : `${String(tasks.length)} tasks, parallel`}):`,
      ...tasks.map(
        (task) =>
          `  - ${task.stem.padEnd(width)}-> ${relativePath(plan.root, task.worktree)} (${printable(task.branch)})`,
      ),
    ]);
}

export function dependencies(plan: Plan): string[] {
  const stems = new Map(plan.tasks.map(({ id, stem }) => [id, stem]));
  const own = selectedTasks(plan).filter((task) => task.deps.length > 0 && !followsWaveRule(plan, task));
  if (own.length === 0) return [];
  const lines = own.map(
    (task) => `  - ${task.stem} waits for ${task.deps.map((id) => stems.get(id) ?? id).join(', ')}`,
  );
  return ['Dependencies:', ...lines];
}

/** Whether a task depends on exactly the tasks of the earlier waves, like a task without declared dependencies. */
export function followsWaveRule(plan: Plan, task: PlannedTask): boolean {
  const earlier = plan.tasks.filter(({ wave }) => wave < task.wave);
  const deps = new Set(task.deps);
  return earlier.length === deps.size && earlier.every(({ id }) => deps.has(id));
}

export function commands(plan: Plan): string[] {
  const lines = plannedCommands(plan).map((command) => `  - ${commandLine(command)}`);
  return lines.length === 0 ? [] : ['Commands that will run:', ...lines];
}

export function leftOut(plan: Plan): string[] {
  const lines = leftOutTasks(plan).map(
    ({ task, why }) => `  - ${task.stem} (${why === 'user' ? 'skipped' : `wave ${String(task.wave)}`})`,
  );
  return lines.length === 0 ? [] : ['Left out of this run:', ...lines];
}
