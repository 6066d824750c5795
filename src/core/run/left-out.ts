import type { Spelled } from '../text/spelling.js';
import type { Command } from '../base/text.js';
import * as z from 'zod';
import type { Plan } from '../plan/plan.js';
import { sourceOf } from '../plan/sources.js';
import { taskOf, type RunState } from './run-state.js';

/** Tasks that a run does not include. `command` runs them. */
export const leftOutSchema = z.array(z.object({ tasks: z.array(z.string()), command: z.string() }));
export interface LeftOut {
  readonly tasks: readonly string[];
  readonly command: Command;
}

/** Grouped as by the source (by wave). `from`: the folder in which the commands are typed. */
export function leftOutOf(plan: Plan, state: RunState, from: string): LeftOut[] {
  const left = plan.tasks.filter(({ id }) => {
    const { state: task } = taskOf(state, id);
    return task.state === 'skipped' && task.landed === null;
  });
  return sourceOf(plan.source).parts(left, from);
}

export function leftOutLines(leftOut: readonly Spelled<LeftOut>[]): string[] {
  if (leftOut.length === 0) return [];
  return ['Left out of this run:', ...leftOut.map(({ tasks, command }) => `  - ${tasks.join(', ')}: ${command}`)];
}
