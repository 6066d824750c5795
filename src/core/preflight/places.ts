import { o8, placeholder, text } from '../base/text.js';
import { relative } from 'node:path';
import { sourceOf, worktreeFolder } from '../plan/sources.js';
import type { Plan } from '../plan/plan.js';
import { fail, pass, warn, type Check } from '../base/check.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';

/** Why nothing can be created in a folder; `at` is the absolute path that prevents it. */
export type PlaceProblem =
  | { readonly kind: 'not_a_folder' | 'link_to_nothing' | 'read_only'; readonly at: string }
  /** `foreign`: it belongs to another user. */
  | { readonly kind: 'denied'; readonly at: string; readonly foreign: boolean };

/** The folders to which a run writes, each with its problem or null. */
export interface PlaceFacts {
  readonly worktrees: PlaceProblem | null;
  /** A value that would work for the worktree folder setting; null if none was found. */
  readonly worktreesInstead: string | null;
  /** Whether the plan itself sets the worktree folder. */
  readonly worktreesByPlan: boolean;
  readonly claude: PlaceProblem | null;
  readonly git: PlaceProblem | null;
  readonly plan: PlaceProblem | null;
}

/** Checks that a run can write to all of its folders. */
export function placeChecks(plan: Plan, places: PlaceFacts): readonly Check[] {
  return [worktrees(plan, places), claude(plan, places), git(plan, places), ...planFolder(plan, places)];
}

function worktrees(plan: Plan, { worktrees: problem, worktreesInstead: instead, worktreesByPlan }: PlaceFacts): Check {
  const folder = worktreeFolder(plan.source, plan.settings);
  const shown = printable(folder);
  if (problem === null) return pass('worktree-folder', `Worktrees can be created in ${shown}`);
  const { planFolder, worktrees } = sourceOf(plan.source);
  const key = worktrees.setting;
  const change = worktreesByPlan
    ? `Change o8.${key} in ${shownPath(plan, planFolder?.manifest ?? plan.root)}`
    : instead === null
      ? text`Run '${o8('config set', [key, placeholder('a folder you may write to')])}'`
      : text`Run '${o8('config set', [key, instead])}'`;
  const message = `Worktrees cannot be created in ${shown}: ${problemText(plan, problem)}`;
  return fail('worktree-folder', message, text`${change}${orOwn(folder, problem)}`);
}

/** Other projects share the folders above, so the hint does not change their owner. */
function orOwn(folder: string, problem: PlaceProblem): string {
  if (problem.kind !== 'denied' || !problem.foreign) return '';
  return `, or run 'sudo install -d -o "$(id -un)" ${shellQuote(folder)}'`;
}

function claude(plan: Plan, { claude: problem }: PlaceFacts): Check {
  if (problem === null) return pass('claude-folder', 'The folder .claude can be written');
  const message = `The folder .claude cannot be written: ${problemText(plan, problem)}`;
  return fail('claude-folder', message, upperFirst(mend(plan, problem)));
}

function git(plan: Plan, { git: problem }: PlaceFacts): Check {
  if (problem === null) return pass('git-folder', 'The git folder can be written');
  const message = `The git folder cannot be written: ${problemText(plan, problem)}`;
  // If one folder in .git belongs to another user, others usually do too.
  const whole = { ...problem, at: problem.at.replace(/(\/\.git)\/.*$/, '$1') };
  return fail('git-folder', message, upperFirst(mend(plan, whole)));
}

/** Only a warning: without it, the manifest's `execution` and the links to the logs are not written. */
function planFolder(plan: Plan, { plan: problem }: PlaceFacts): Check[] {
  const { planFolder: folder } = sourceOf(plan.source);
  if (problem === null || folder === null) return [];
  const dir = shownPath(plan, folder.dir);
  const message = `The state of the run will not be written to ${dir}: ${problemText(plan, problem)}`;
  return [warn('plan-folder', message, upperFirst(mend(plan, problem)))];
}

function problemText(plan: Plan, problem: PlaceProblem): string {
  const at = shownPath(plan, problem.at);
  switch (problem.kind) {
    case 'not_a_folder':
      return `${at} is not a folder`;
    case 'link_to_nothing':
      return `${at} is a broken symbolic link`;
    case 'read_only':
      return `${at} is on a read-only file system`;
    case 'denied':
      return problem.foreign ? `${at} belongs to another user and is not writable` : `${at} is not writable`;
  }
}

function mend(plan: Plan, problem: PlaceProblem): string {
  const word = shellQuote(inside(plan, problem.at) ?? problem.at);
  switch (problem.kind) {
    case 'not_a_folder':
    case 'link_to_nothing':
      return `run 'mv ${word} ${shellQuote(`${inside(plan, problem.at) ?? problem.at}.old`)}'`;
    case 'read_only':
      return `work in a clone on a disk you can write to: 'git clone ${shellQuote(plan.root)} <folder>'`;
    case 'denied':
      return problem.foreign ? `run 'sudo chown -R "$(id -un)" ${word}'` : `run 'chmod -R u+rwX ${word}'`;
  }
}

/** The path relative to the repository; null if it is outside. */
function inside({ root }: Plan, path: string): string | null {
  const way = relative(root, path) || '.';
  return way.startsWith('..') ? null : way;
}

function shownPath(plan: Plan, path: string): string {
  return printable(inside(plan, path) ?? path);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
