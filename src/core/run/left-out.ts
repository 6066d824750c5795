import type { Spelled } from '../text/spelling.js';
import type { Command } from '../base/text.js';
import * as z from 'zod';
import type { Plan } from '../plan/plan.js';
import { sourceOf } from '../plan/sources.js';
import { taskOf, type RunState } from './run-state.js';

/** Tasks that a run has not done because it was started without them. `command` runs them. */
export const leftOutSchema = z.array(z.object({ tasks: z.array(z.string()), command: z.string() }));
export interface LeftOut {
  readonly tasks: readonly string[];
  readonly command: Command;
}

/** As the source divides its work (by wave). `from`: where the command is typed. */
export function leftOutOf(plan: Plan, state: RunState, from: string): LeftOut[] {
  const left = plan.tasks.filter(({ id }) => {
    const { state: task } = taskOf(state, id);
    return task.state === 'skipped' && task.landed === null;
  });
  return sourceOf(plan.source).parts(left, from);
}

/** Lines for people. */
export function leftOutLines(leftOut: readonly Spelled<LeftOut>[]): string[] {
  if (leftOut.length === 0) return [];
  return ['Left out of this run:', ...leftOut.map(({ tasks, command }) => `  - ${tasks.join(', ')}: ${command}`)];
}
