import type { SourceTask, SourceWarning } from '../plan/plan.js';
import { shellQuote } from '../base/shell-quote.js';
import type { Issue } from './issue.js';
import { issuePrompt } from './issue-prompt.js';
import type { Selection } from './select-issues.js';

/** What Beads is made for; above it bd itself becomes slow. */
const MANY_TASKS = 200;

/** For an agent that may find work of another one; harmless where there is none. */
const BEGUN =
  'Work on this issue has begun before and may be in this worktree: check `git log` and `git status` first and continue from there.';

/**
 * The tasks of a selection as every source gives them, in its order. `details` are whole issues with comments; an issue
 * that is not in them is taken as it was listed.
 */
export function issueTasks(
  { tasks }: Pick<Selection, 'tasks'>,
  details: readonly Issue[],
  verify: string | null,
): SourceTask[] {
  const whole = new Map(details.map((issue) => [issue.id, issue]));
  return tasks.map(({ issue, deps, adopted }) => ({
    id: issue.id,
    stem: issue.id,
    wave: 1,
    deps,
    agent: null,
    component: null,
    prompt: [issuePrompt(whole.get(issue.id) ?? issue, verify), ...(adopted ? [BEGUN] : [])].join('\n\n'),
    promptKind: 'text',
    promptFile: null,
    scope: { create: [], modify: [], boundary: [] },
    setup: null,
    verify: null,
    timeoutMinutes: null,
    budgetUsd: null,
    retries: null,
    model: null,
    priority: issue.priority,
    ...(adopted ? { begun: true } : {}),
  }));
}

/** What a person should know of a selection before it runs: what is left to others, and that it is large. */
export function selectionWarnings({ tasks, left }: Selection): SourceWarning[] {
  const many: SourceWarning[] =
    tasks.length <= MANY_TASKS
      ? []
      : [
          {
            message: `${String(tasks.length)} tasks in one run; Beads is made for up to ${String(MANY_TASKS)}`,
            hint: 'Run one epic at a time.',
            tasks: [],
          },
        ];
  const claimed = left.flatMap(({ issue, why }): SourceWarning[] =>
    why.kind === 'claimed'
      ? [
          {
            message: `${issue.id} is claimed by ${JSON.stringify(why.by)} and left alone`,
            hint: `bd show ${shellQuote(issue.id)}`,
            tasks: [],
          },
        ]
      : [],
  );
  return [...many, ...claimed];
}
