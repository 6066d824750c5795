import { text, o8 } from '../../base/text.js';
import { shellQuote } from '../../base/shell-quote.js';
import type { SeenPull } from '../../forge/pull-request.js';
import type { Plan, PlannedTask } from '../../plan/plan.js';
import type { Waits } from './merge-branch.js';

/**
 * Why a task's open pull request cannot be used: it asks to be merged into a branch on which nothing was verified. Null for
 * the run's base branch and for branches of its tasks, on which others are stacked.
 */
export function foreignBase(
  { base, tasks, runId }: Pick<Plan, 'base' | 'tasks' | 'runId'>,
  task: Pick<PlannedTask, 'id'>,
  pull: Pick<SeenPull, 'number' | 'base'>,
): Waits | null {
  if (pull.base === base.branch || tasks.some(({ branch }) => branch === pull.base)) return null;
  const number = String(pull.number);
  return {
    reason: `pull request #${number} asks to be merged into ${pull.base}, not into ${base.branch}`,
    hint: text`gh pr edit ${number} --base ${shellQuote(base.branch)} && ${o8('merge', { run: runId, task: task.id })}`,
  };
}
