import { dirname, relative } from 'node:path';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { featureSummary } from '../../core/report/feature-plan-text.js';

/** What a run of features will make and start. */
export function printFeatureSummary(
  { tasks, maxConcurrency }: ToolAnswer<'plan'>,
  cwd: string,
  print: (text: string) => void,
): void {
  const folders = [...new Set(tasks.map(({ worktree }) => relative(cwd, dirname(worktree))))];
  const branches = tasks.map(({ branch }) => branch);
  print(`\n${featureSummary({ folder: folders.join(', '), branches, maxConcurrency })}`);
}
