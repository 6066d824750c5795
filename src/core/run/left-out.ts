import * as z from 'zod';
import type { Plan } from '../plan/plan.js';
import { runCommand } from '../plan/plan-source.js';
import { taskOf, type RunState } from './run-state.js';

/** Tasks that a run has not done because it was started without them. `command` runs them. */
export const leftOutSchema = z.array(z.object({ tasks: z.array(z.string()), command: z.string() }));
export type LeftOut = z.infer<typeof leftOutSchema>[number];

/** By wave; features have none. `from`: where the command is typed. */
export function leftOutOf(plan: Plan, state: RunState, from: string): LeftOut[] {
  const left = plan.tasks.filter(({ id }) => {
    const { state: task } = taskOf(state, id);
    return task.state === 'skipped' && task.landed === null;
  });
  switch (plan.source.kind) {
    case 'manifest': {
      const run = runCommand(plan.source, from);
      return [...new Set(left.map(({ wave }) => wave))].map((wave) => ({
        tasks: left.filter((task) => task.wave === wave).map(({ id }) => id),
        command: `${run} --wave ${String(wave)}`,
      }));
    }
    case 'features': {
      const slugs = left.map(({ id }) => id);
      return slugs.length === 0 ? [] : [{ tasks: slugs, command: `o8 parallel ${slugs.join(' ')}` }];
    }
  }
}

/** Lines for people. */
export function leftOutLines(leftOut: readonly LeftOut[], say: (command: string) => string): string[] {
  if (leftOut.length === 0) return [];
  return ['Left out of this run:', ...leftOut.map(({ tasks, command }) => `  - ${tasks.join(', ')}: ${say(command)}`)];
}
