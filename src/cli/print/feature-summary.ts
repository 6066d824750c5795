import { dirname, relative } from 'node:path';
import * as z from 'zod';
import { featureSummary } from '../../core/report/feature-plan-text.js';

const planSchema = z.object({
  maxConcurrency: z.number(),
  tasks: z.array(z.object({ branch: z.string(), worktree: z.string() })),
});

/** What a run of features will make and start; `plan` is the tool's answer. */
export function printFeatureSummary(plan: unknown, cwd: string, print: (text: string) => void): void {
  const { tasks, maxConcurrency } = planSchema.parse(plan);
  const folders = [...new Set(tasks.map(({ worktree }) => relative(cwd, dirname(worktree))))];
  const branches = tasks.map(({ branch }) => branch);
  print(`\n${featureSummary({ folder: folders.join(', '), branches, maxConcurrency })}`);
}
