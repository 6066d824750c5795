import { o8, text, type Text } from '../base/text.js';
import type { Plan } from '../plan/plan.js';
import { planOverlaps } from './preflight-plan.js';
import { missingInPrompt } from '../plan/rendered-prompt.js';
import { overlapWords } from '../scope/scope-overlap.js';
import { printable } from '../text/untrusted-text.js';

/** A problem in a plan's own files that must be fixed (`fail`) or reviewed (`warn`). */
export interface PlanFinding {
  readonly level: 'warn' | 'fail';
  readonly message: string;
  readonly hint: Text;
  readonly tasks: readonly string[];
}

const MOST_NAMED = 5;

/**
 * Problems in a plan's files, independent of the repository's state and the machine, which `preflight` checks.
 * `written`: ids of the tasks whose prompt was written by hand.
 */
export function planFindings(plan: Plan, written: ReadonlySet<string>): PlanFinding[] {
  return [...overlaps(plan), ...withoutScope(plan), ...untoldPrompts(plan, written)];
}

function overlaps(plan: Plan): PlanFinding[] {
  return planOverlaps(plan).map((overlap) => ({
    ...overlapWords(overlap),
    level: overlap.level,
    tasks: overlap.tasks,
  }));
}

function withoutScope(plan: Plan): PlanFinding[] {
  return plan.tasks
    .filter(({ scope }) => scope.create.length === 0 && scope.modify.length === 0)
    .map(({ id, stem }) => ({
      level: 'warn',
      message: `${stem} does not say which files it works on`,
      hint: "Add CREATE: and MODIFY: lines below '## Scope' in its task file",
      tasks: [id],
    }));
}

function untoldPrompts(plan: Plan, written: ReadonlySet<string>): PlanFinding[] {
  return plan.tasks.flatMap(({ id, stem, prompt, scope }): PlanFinding[] => {
    const missing = written.has(id) ? missingInPrompt(prompt, scope) : [];
    if (missing.length === 0) return [];
    const more = missing.length > MOST_NAMED ? `, and ${String(missing.length - MOST_NAMED)} more` : '';
    return [
      {
        level: 'warn',
        message: `The prompt of ${stem} does not name ${missing.slice(0, MOST_NAMED).map(printable).join(', ')}${more}`,
        hint: text`Complete it, or remove it: ${o8('render')} then generates one from the task file`,
        tasks: [id],
      },
    ];
  });
}
