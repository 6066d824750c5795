import * as z from 'zod';
import { commandLine } from './plan-text.js';
import type { PlannedCommand } from './plan-commands.js';
import type { Plan } from './plan.js';

const command = z.string().nullable();

/** Commands that replace those of a run; null removes one. */
export const commandChangesSchema = z.strictObject({
  tasks: z.array(z.strictObject({ id: z.string(), setup: command, verify: command })),
  waves: z.array(z.strictObject({ number: z.number().int(), validation: command })),
});
export type CommandChanges = z.infer<typeof commandChangesSchema>;

/** Commands that differ between the run and the plan on disk, for the tasks and waves of the run; null if none does. */
export function changedCommands(plan: Plan, onDisk: Plan): CommandChanges | null {
  const fresh = new Map(onDisk.tasks.map((task) => [task.id, task]));
  const tasks = plan.tasks.flatMap(({ id, setup, verify }) => {
    const now = fresh.get(id);
    const same = now === undefined || (now.setup === setup && now.verify === verify);
    return same ? [] : [{ id, setup: now.setup, verify: now.verify }];
  });
  const waves = plan.waves.flatMap(({ number, validation }) => {
    const now = onDisk.waves.find((wave) => wave.number === number);
    return now === undefined || now.validation === validation ? [] : [{ number, validation: now.validation }];
  });
  return tasks.length === 0 && waves.length === 0 ? null : { tasks, waves };
}

/** The plan with changed commands. Generated prompts quote the new `verify` command instead of the old one. */
export function withCommands(plan: Plan, { tasks, waves }: CommandChanges): Plan {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const byNumber = new Map(waves.map((wave) => [wave.number, wave]));
  return {
    ...plan,
    tasks: plan.tasks.map((task) => {
      const change = byId.get(task.id);
      if (change === undefined) return task;
      const { setup, verify } = change;
      return { ...task, setup, verify, prompt: withVerify(task.prompt, task.verify, verify) };
    }),
    waves: plan.waves.map((wave) => ({ ...wave, ...byNumber.get(wave.number) })),
  };
}

function withVerify(prompt: string, before: string | null, now: string | null): string {
  return before === null || now === null
    ? prompt
    : prompt.replace(`\`${before}\` has to pass`, () => `\`${now}\` has to pass`);
}

/** One line per changed or removed command, in the format of the plan. */
export function changesText(plan: Plan, { tasks, waves }: CommandChanges): string[] {
  const before = new Map(plan.tasks.map((task) => [task.id, task]));
  const lines = new Map<string, string[]>();
  for (const kind of ['setup', 'verify'] as const) {
    for (const task of tasks) {
      if (before.get(task.id)?.[kind] === task[kind]) continue;
      const key = JSON.stringify([kind, task[kind]]);
      lines.set(key, [...(lines.get(key) ?? []), task.id]);
    }
  }
  const ofTasks = [...lines].map(([key, ids]) => {
    const [kind, text] = JSON.parse(key) as ['setup' | 'verify', string | null];
    const some = ids.length === plan.tasks.length ? 'all' : ids;
    return lineOf({ kind, command: text ?? '', tasks: some }, text === null);
  });
  const ofWaves = waves.map(({ number, validation }) =>
    lineOf({ kind: 'validation', command: validation ?? '', wave: number }, validation === null),
  );
  return [...ofTasks, ...ofWaves];
}

function lineOf(planned: PlannedCommand, isGone: boolean): string {
  return `  - ${commandLine(isGone ? { ...planned, command: 'removed' } : planned)}`;
}
