import type { RunFlag } from '../../core/run/run-flag.js';
import { inTerminal, o8 } from '../../core/base/text.js';
import { relative } from 'node:path';
import { leftOutLines } from '../../core/run/left-out.js';
import type { TaskView } from '../../core/report/status-view.js';
import { acceptCommand } from '../../core/held/finding.js';
import { heldLines } from '../../core/held/held-text.js';
import { clockTime } from '../../core/text/clock-time.js';
import { duration } from '../../core/text/duration.js';
import { waitingText } from '../../core/report/waiting.js';
import { validationLines } from '../../core/run/failed-validations.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { printConflicts } from './print-conflicts.js';
import { stateWords } from './print-results.js';
import { type Colors, outputLines, safeLines, type Terminal } from '../context/terminal.js';
import { targetOfAnswer, wayToLand } from '../../core/plan/target.js';

export type StatusAnswer = ToolAnswer<'status'>;
/** With a cursor only changed fields are present. */
type ShownTask = { readonly [Key in keyof TaskView]?: TaskView[Key] | undefined } & Pick<
  TaskView,
  'id' | 'state' | 'attempt'
>;

/** `flag`: the `--run` flag of printed commands. */
export function printStatus(
  status: StatusAnswer,
  { cwd, flag }: { readonly cwd: string; readonly flag: RunFlag },
  { colors, print }: Terminal,
): void {
  const title = status.runId === undefined ? '' : `Run ${status.runId}: ${colorState(status.state, colors)}`;
  if (title !== '') print(title);
  const until =
    status.pausedUntil === undefined ? '' : `, until ${clockTime(new Date(status.pausedUntil), new Date())}`;
  if (status.message !== undefined) print(safeLines(`${status.message}${until}`));
  if (status.hint !== undefined) print(`  ${status.hint}`);
  if (status.base !== undefined)
    print(`${String(status.target)} (from ${status.base})${status.landed === undefined ? '' : ', landed'}`);
  const tasks: readonly ShownTask[] = status.tasks;
  const width = Math.max(0, ...tasks.map(({ id }) => id.length));
  for (const task of tasks) {
    print(`  ${task.id.padEnd(width)}  ${colorState(wordsOf(task), colors, task.state)}${figures(task)}`);
    if (task.state === 'failed' && task.message !== undefined) print(indent(safeLines(task.message), width));
    const { worktree } = task;
    if (worktree !== undefined && (task.state === 'failed' || task.state === 'merge_conflict'))
      print(indent(`worktree: ${relative(cwd, worktree)}`, width));
    if (task.hint !== undefined)
      print(
        indent(worktree === undefined ? task.hint : task.hint.replaceAll(worktree, relative(cwd, worktree)), width),
      );
    for (const line of task.held === undefined
      ? []
      : heldLines(task.held, inTerminal(acceptCommand(status.runId ?? '', task.id))))
      print(
        indent(safeLines(worktree === undefined ? line : line.replaceAll(worktree, relative(cwd, worktree))), width),
      );
    for (const note of task.notes ?? []) print(indent(`note: ${safeLines(note)}`, width));
  }
  for (const { wave, message, hint } of status.waves ?? []) {
    if (message === undefined) continue;
    const [first = '', ...lines] = validationLines({ wave, message }, flag).map(inTerminal);
    print(colors.red(first));
    for (const line of lines) print(line);
    if (hint !== undefined) print(`    corrected: ${hint}`);
  }
  printConflicts(status, status.target ?? 'target', { colors, print });
  const complete = status.counts['complete'] ?? 0;
  const over = ['completed', 'failed', 'aborted'].includes(status.state);
  const takenBack = status.takenBack ?? [];
  for (const { task, commit } of takenBack) {
    print(`  ${task}: reverted on ${String(status.base)}; git revert ${commit.slice(0, 12)} restores it`);
  }
  const { base, target } = status;
  const lands = base !== undefined && target !== undefined && wayToLand(targetOfAnswer(target, base)) === 'with_merge';
  if (over && complete > takenBack.length && status.landed === undefined && lands) {
    print(`\n${inTerminal(o8('merge', flag))} lands the completed tasks on ${base}`);
  }
  const leftOut = leftOutLines(status.leftOut ?? []);
  if (leftOut.length > 0) print(`\n${safeLines(leftOut.join('\n'))}`);
  for (const { runId, plan, state, hint } of status.others ?? []) {
    print(`\nRun ${runId} (${safeLines(plan)}) is ${colorState(state, colors)}\n  ${hint}`);
  }
  if (status.tail !== undefined) print(`\n${status.tail.map(outputLines).join('\n')}`);
}

/** Prints the details that `printStatus` leaves out. */
export function printDetails(status: StatusAnswer, cwd: string, { print }: Terminal): void {
  const tasks: readonly ShownTask[] = status.tasks;
  for (const task of tasks) {
    print(`\n${task.id}`);
    const rows = [
      ...(task.branch === undefined ? [] : [['branch', task.branch]]),
      ...(task.worktree === undefined ? [] : [['worktree', relative(cwd, task.worktree)]]),
      ...(task.log === undefined ? [] : [['log', relative(cwd, task.log)]]),
      ['attempts', String(task.attempt)],
      ...(task.startedAt === undefined ? [] : [['started', task.startedAt]]),
      ...(task.finishedAt === undefined ? [] : [['finished', task.finishedAt]]),
      ...(task.tokens === undefined ? [] : [['tokens', String(task.tokens)]]),
      ...(task.deps === undefined || task.deps.length === 0 ? [] : [['waits for', task.deps.join(', ')]]),
    ];
    for (const [name = '', value = ''] of rows) print(`  ${name.padEnd(10)}${safeLines(value)}`);
  }
}

/** What a task waits for, where that is known; otherwise its state. */
function wordsOf(task: ShownTask): string {
  if (task.waiting === undefined || task.pull !== undefined) return stateWords(task);
  const why = safeLines(waitingText(task.waiting, new Date()));
  return task.state === 'queued' ? `queued: ${why}` : why;
}

function figures(task: Pick<TaskView, 'startedAt' | 'finishedAt' | 'costUsd' | 'lastActivity'>): string {
  const parts = [
    ...(task.startedAt === undefined
      ? []
      : [duration(new Date(task.startedAt), task.finishedAt === undefined ? new Date() : new Date(task.finishedAt))]),
    ...(task.costUsd === undefined ? [] : [`$${task.costUsd.toFixed(2)}`]),
    ...(task.lastActivity === undefined ? [] : [outputLines(task.lastActivity).slice(0, 60)]),
  ];
  return parts.length === 0 ? '' : `  ${parts.join('  ')}`;
}

function indent(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => `${' '.repeat(width + 4)}${line}`)
    .join('\n');
}

function colorState(text: string, colors: Colors, state = text): string {
  if (state === 'complete' || state === 'completed') return colors.green(text);
  if (state === 'failed' || state === 'merge_conflict' || state === 'interrupted' || state === 'aborted')
    return colors.red(text);
  return state === 'running' ? colors.cyan(text) : text;
}
