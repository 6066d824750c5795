import type { RunFlag } from '../../core/run/run-flag.js';
import { inTerminal, o8 } from '../../core/base/text.js';
import { relative } from 'node:path';
import type { ToolAnswer } from '../../tools/catalogue.js';
import type { Cli } from '../context/cli-context.js';
import { counted } from '../../core/text/counted.js';

type Aborted = ToolAnswer<'abort'>;

/**
 * Prints what `abort` did. Scripts read these lines: their words and order are fixed. `flag`: the `--run` flag of
 * printed commands.
 */
export function printAborted(cli: Cli, aborted: Aborted, flag: RunFlag): void {
  const { terminal, context, spelling } = cli;
  if (aborted.stopped.length === 0) {
    for (const text of [aborted.message, ...(aborted.notes ?? [])]) terminal.print(text);
    return;
  }
  printStopped(cli, aborted);
  const count = counted(aborted.stopped.length, 'pipeline');
  const kept = aborted.stopped.flatMap(({ worktree }) =>
    worktree === undefined ? [] : [`• ${relative(context.cwd, worktree)}/`],
  );
  for (const note of aborted.notes ?? []) terminal.print(`\n${note}`);
  const left = aborted.cleanup?.kept ?? [];
  if (left.length > 0) terminal.print('');
  for (const { what, why, hint } of left) terminal.print(`kept ${what}: ${why}\n    ${hint}`);
  if (kept.length === 0) {
    const removed =
      aborted.cleanup === undefined || aborted.cleanup.worktrees.length === 0 ? '' : ' Worktrees removed.';
    terminal.print(`\nAborted ${count}.${removed}`);
    return;
  }
  terminal.print(`\nAborted ${count}. Worktrees preserved for debugging:\n${kept.join('\n')}`);
  terminal.print(`\nTo clean up: ${inTerminal(o8(spelling === 'o8' ? 'cleanup' : 'parallel cleanup', flag))}`);
}

/** Prints what `abort --dry-run` found. */
export function printWouldStop({ terminal }: Cli, { message, stopped }: Aborted): void {
  for (const { task, pid } of stopped) {
    terminal.print(`would stop ${task}${pid === undefined ? '' : ` (PID: ${String(pid)})`}`);
  }
  terminal.print(`${stopped.length === 0 ? '' : '\n'}${message}`);
}

/** Prints each task that was stopped and where its uncommitted work was kept. */
export function printStopped({ terminal, context }: Cli, { stopped, cleanup }: Aborted): void {
  for (const { task } of stopped) terminal.print(`[${clock(context)}] ${task}: Stopped`);
  for (const { task } of cleanup?.worktrees ?? []) terminal.print(`[${clock(context)}] ${task}: Removing worktree`);
  for (const { task, rescue, survivors } of stopped) {
    if (rescue !== undefined) terminal.print(`${task}: uncommitted work kept as ${rescue}`);
    if (survivors !== undefined) terminal.print(`${task}: could not be stopped: ${survivors.join(', ')}`);
  }
}

/** The time of day as printed in front of a progress line. */
export function clock({ now }: Cli['context']): string {
  return now().toTimeString().slice(0, 8);
}
