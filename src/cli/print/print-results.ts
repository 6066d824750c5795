import { warningText } from '../../core/base/check.js';
import { inTerminal } from '../../core/base/text.js';
import { relative } from 'node:path';
import { clockTime } from '../../core/text/clock-time.js';
import { acceptCommand } from '../../core/held/finding.js';
import { leftOutLines } from '../../core/run/left-out.js';
import type { ShownLanding } from '../../core/run/request-results.js';
import type { TaskChange } from '../../core/report/status-view.js';
import { betweenTasks, printConflicts, printOrder } from './print-conflicts.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { hintLines, safeLines, type Terminal } from '../context/terminal.js';
import { counted } from '../../core/text/counted.js';
import { heldLines } from '../../core/held/held-text.js';

type PreflightAnswer = ToolAnswer<'preflight'>;

export function printPreflight({ ok, checks }: PreflightAnswer, { colors, print }: Terminal): void {
  const mark = { pass: colors.green('✓'), warn: colors.yellow('!'), fail: colors.red('✗') };
  for (const { level, message, hint } of checks) {
    print(`${mark[level]} ${safeLines(message)}`);
    if (level !== 'pass' && hint !== '') print(hintLines(hint, 4));
  }
  print(ok ? colors.green('\nReady.') : colors.red('\nNot ready: fix the checks marked ✗.'));
}

/** Prints only the checks that prevent a run from starting. */
export function printFailedChecks({ checks }: PreflightAnswer, { colors, warn }: Terminal): void {
  for (const { level, message, hint } of checks) {
    if (level === 'fail') warn(`${colors.red('✗')} ${safeLines(message)}\n${hintLines(hint, 4)}`);
  }
}

/** Prints the checks that only warn; returns them as a start repeats them. */
export function printWarnings({ checks }: PreflightAnswer, { colors, print }: Terminal): string[] {
  const warnings = checks.filter(({ level }) => level === 'warn');
  for (const { message, hint } of warnings)
    print(`${colors.yellow('Warning:')} ${safeLines(message)}\n${hintLines(hint, 4)}`);
  return warnings.map((warning) => inTerminal(warningText(warning)));
}

export function printSpawn(
  { runId, message, warnings, text }: ToolAnswer<'spawn'>,
  { print, warn, colors }: Terminal,
): void {
  for (const warning of warnings ?? []) warn(`${colors.yellow('Warning:')} ${safeLines(warning)}`);
  if (text !== undefined) print(`${safeLines(text)}\n`);
  print(message);
  if (runId !== undefined) print(`Follow it: o8 status --run ${runId}`);
}

/** Prints an answer that is one sentence, such as that of `pause`. */
export function printMessage({ message }: { readonly message: string }, { print }: Terminal): void {
  print(safeLines(message));
}

/** Prints the state of each task and what landed on the base branch. */
export function printMerge(answer: ToolAnswer<'merge'>, { colors, print }: Terminal): void {
  const { runId, tasks, landing, pulls, target, state: run, order, leftOut = [], ...predicted } = answer;
  const width = Math.max(...tasks.map(({ id }) => id.length), 0);
  for (const { id, state, landed, files, moreFiles, message, hint, held } of tasks) {
    const why = message ?? (held === undefined ? '' : `held: ${held.what}`);
    const what = landed === undefined || why !== '' ? why : `in ${target} as ${landed.slice(0, 12)}`;
    print(`${id.padEnd(width)}  ${state}${what === '' ? '' : `  ${safeLines(what.split('\n')[0] ?? '')}`}`);
    for (const file of files ?? []) print(`${' '.repeat(width)}    ${safeLines(file)}`);
    if (moreFiles !== undefined) print(`${' '.repeat(width)}    and ${String(moreFiles)} more`);
    if (hint !== undefined) print(`${' '.repeat(width)}  ${hint}`);
    for (const line of held === undefined
      ? []
      : heldLines(held, state === 'merge_pending' ? inTerminal(acceptCommand(runId, id)) : null))
      print(`${' '.repeat(width)}  ${safeLines(line)}`);
  }
  printConflicts(betweenTasks(predicted), target, { colors, print }); // conflicts with the target are printed above
  printOrder(order, { print });
  if (pulls !== undefined) printPulls(pulls, { print });
  else if (landing !== undefined) printLanding(landing, { colors, print });
  const left = leftOutLines(leftOut);
  if (left.length > 0) print(`\n${safeLines(left.join('\n'))}`);
  if (run === 'running') print(`\nThe run continues: o8 status --run ${runId}`);
}

/** One line for each pull request: what was done with it, or would be, and why. */
export function printPulls(pulls: NonNullable<ToolAnswer<'merge'>['pulls']>, { print }: Pick<Terminal, 'print'>): void {
  if (pulls.length === 0) print('No open pull requests.');
  const width = Math.max(...pulls.map(({ task }) => task.length), 0);
  for (const { task, number, action, why } of pulls) {
    print(`${action.padEnd(6)}  #${String(number).padEnd(5)} ${task.padEnd(width)}  ${reasonText(why)}`);
  }
}

function printLanding(landing: ShownLanding, { colors, print }: Pick<Terminal, 'colors' | 'print'>): void {
  switch (landing.kind) {
    case 'landed':
      print(colors.green(`\nLanded on ${landing.branch}: ${landing.from.slice(0, 12)}..${landing.to.slice(0, 12)}`));
      return;
    case 'nothing':
      print(`\nNothing to land: ${landing.reason}.`);
      return;
    case 'would_land': {
      const range = `${landing.from.slice(0, 12)}..${landing.to.slice(0, 12)}`;
      print(`\nWould land: ${landing.message} (${range}, ${counted(landing.commits, 'commit')}).`);
      return;
    }
    case 'would_conflict':
      print(colors.red(`\nWould not land: ${landing.message}`));
      for (const file of landing.files) print(`  ${safeLines(file)}`);
      return;
    case 'held':
      print(colors.red(`\nNot landed: ${safeLines(landing.reason)}`));
      for (const file of landing.files) print(`  ${safeLines(file)}`);
      print(`  ${landing.hint}`);
  }
}

export function mergeLeftSomething({ tasks, landing, pulls }: ToolAnswer<'merge'>): boolean {
  if (pulls !== undefined) return pulls.some(({ action }) => action === 'refuse');
  return landing?.kind === 'held' || tasks.some(({ state }) => state === 'merge_conflict' || state === 'merge_pending');
}

export function printCleanup(answer: ToolAnswer<'cleanup'>, root: string, { print }: Terminal): void {
  const { dryRun, worktrees, branches, kept, takenBack = [] } = answer;
  const verb = dryRun === true ? 'would remove' : 'removed';
  for (const { path, rescued } of worktrees) {
    print(`${verb} worktree ${relative(root, path)}${rescued === null ? '' : ` (uncommitted work kept: ${rescued})`}`);
  }
  for (const { branch, commit } of branches) print(`${verb} branch ${branch} (was ${commit})`);
  for (const { what, why, hint } of kept) print(`kept ${what}: ${why}\n    ${hint}`);
  for (const { task, commit } of takenBack)
    print(`${task} was reverted; git revert ${commit.slice(0, 12)} restores it, even after the cleanup`);
  if (worktrees.length + branches.length + kept.length === 0) print('Nothing to clean up.');
}

/** `pull request #7: checks are running: ci`, as of the last look. */
function pullWords({ number, why }: NonNullable<TaskChange['pull']>): string {
  return `pull request #${String(number)}: ${why === undefined ? 'open' : reasonText(why)}`;
}

/** The first line, without the word that the reader sees anyway. */
export function reasonText(why: string): string {
  return (safeLines(why).split('\n')[0] ?? '').replace(/^(wait|refuse): /, '');
}

/** A task's state in words: the same in every command. */
export function stateWords(task: TaskChange): string {
  switch (task.state) {
    case 'failed':
      return `failed: ${task.reason ?? ''}`;
    case 'blocked':
      return `blocked by ${(task.blockedBy ?? []).join(', ')}`;
    case 'merge_conflict':
      return `conflict: ${[...(task.files ?? []), ...(task.moreFiles === undefined ? [] : [`${String(task.moreFiles)} more`])].join(', ')}`;
    case 'merge_pending':
      if (task.held !== undefined) return `held: ${safeLines(task.held.what)}`;
      if (task.pull !== undefined && task.message === undefined) return pullWords(task.pull);
      return task.message === undefined ? 'merging' : `waiting to merge: ${task.message}`;
    case 'complete':
      return `complete (${counted(task.commits ?? 0, 'commit')})`;
    case 'worktree_created':
      return task.pausedUntil === undefined
        ? 'starting'
        : `waiting until ${clockTime(new Date(task.pausedUntil), new Date())}`;
    case 'queued':
    case 'running':
    case 'skipped':
    case 'aborted':
      return task.state;
  }
}
