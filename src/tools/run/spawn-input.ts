import type { Unspelled } from '../../core/text/spelling.js';
import * as z from 'zod';
import { planFlagsShape, selectionShape } from '../plan/selection.js';

export const spawnOutputSchema = z.object({
  runId: z.string().optional(),
  message: z.string().describe('untrusted'),
  supervisor: z.object({ pid: z.number() }).optional(),
  cursor: z.number().optional().describe('pass as since to the first status'),
  continued: z.boolean().optional().describe('an earlier run was resumed'),
  warnings: z.array(z.string()).optional().describe('untrusted'),
  tasks: z.array(z.object({ id: z.string(), wave: z.number(), state: z.string(), branch: z.string() })),
  text: z.string().optional().describe('untrusted'),
});
export type SpawnResult = Unspelled<z.input<typeof spawnOutputSchema>>;

export const spawnInputSchema = z.strictObject({
  ...selectionShape,
  ...planFlagsShape,
  retryFailed: z.boolean().optional().describe('retry the failed tasks of the last run'),
  task: z.string().optional().describe('with retryFailed: only this task'),
  resume: z.boolean().optional().describe('continue an interrupted or aborted run; needs no selection'),
  force: z
    .boolean()
    .optional()
    .describe('stop an active run, move old worktrees and branches aside: ask the user first'),
  skipPreflight: z.boolean().optional().describe('start despite failed checks (not recommended)'),
  budgetUsd: z.coerce.number().positive().optional().describe('cost limit of the whole run'),
  generateOnly: z.boolean().optional().describe('only write scripts/run-parallel.sh for the user; start nothing'),
  pause: z
    .enum(['let_finish', 'now', 'off'])
    .optional()
    .describe('without a selection: start no new agents and let running ones finish, or stop them now; off: continue'),
  runId: z.string().optional().describe('with pause, resume or retryFailed, instead of a selection'),
});
export type SpawnInput = z.output<typeof spawnInputSchema>;
