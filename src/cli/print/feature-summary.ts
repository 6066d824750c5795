import { dirname, relative } from 'node:path';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { featureSummary } from '../../core/report/feature-plan-text.js';

/** Prints which worktrees and branches a run of features will create. */
export function printFeatureSummary(
  { tasks, maxConcurrency }: ToolAnswer<'plan'>,
  cwd: string,
  print: (text: string) => void,
): void {
  const folders = [...new Set(tasks.map(({ worktree }) => relative(cwd, dirname(worktree))))];
  const branches = tasks.map(({ branch }) => branch);
  print(`\n${featureSummary({ folder: folders.join(', '), branches, maxConcurrency })}`);
}
