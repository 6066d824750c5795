import { relative } from 'node:path';
import * as z from 'zod';
import type { TaskView } from '../core/status-view.js';
import type { Cli } from './program.js';
import { counted } from '../core/counted.js';

const abortSchema = z.object({
  message: z.string(),
  stopped: z.array(
    z.object({
      task: z.string(),
      pid: z.number().optional(),
      worktree: z.string().optional(),
      rescue: z.string().optional(),
      survivors: z.array(z.number()).optional(),
    }),
  ),
  cleanup: z.object({ worktrees: z.array(z.object({ task: z.string(), path: z.string() })) }).optional(),
});
type Aborted = z.infer<typeof abortSchema>;

export function printStopping({ terminal, context }: Cli, tasks: readonly TaskView[]): void {
  for (const { id, state, pid } of tasks) {
    if (state === 'running' && pid !== undefined)
      terminal.print(`[${clock(context)}] ${id}: Stopping process (PID: ${String(pid)})`);
  }
}

/** What `abort` did, in the seed's words and order. */
export function printAborted(cli: Cli, result: unknown): void {
  const { terminal, context, spelling } = cli;
  const aborted = abortSchema.parse(result);
  if (aborted.stopped.length === 0) {
    terminal.print(aborted.message);
    return;
  }
  printStopped(cli, aborted);
  const count = counted(aborted.stopped.length, 'pipeline');
  const kept = aborted.stopped.flatMap(({ worktree }) =>
    worktree === undefined ? [] : [`• ${relative(context.cwd, worktree)}/`],
  );
  const waiting = /\d+ finished tasks? waits? to be merged: o8 merge\./.exec(aborted.message)?.[0];
  if (waiting !== undefined) terminal.print(`\n${waiting}`);
  if (kept.length === 0) {
    terminal.print(`\nAborted ${count}.${aborted.cleanup === undefined ? '' : ' Worktrees removed.'}`);
    return;
  }
  terminal.print(`\nAborted ${count}. Worktrees preserved for debugging:\n${kept.join('\n')}`);
  terminal.print(`\nTo clean up: ${spelling} cleanup`);
}

/** What `abort --dry-run` found. */
export function printWouldStop({ terminal }: Cli, result: unknown): void {
  const { message, stopped } = abortSchema.parse(result);
  for (const { task, pid } of stopped) {
    terminal.print(`would stop ${task}${pid === undefined ? '' : ` (PID: ${String(pid)})`}`);
  }
  terminal.print(`${stopped.length === 0 ? '' : '\n'}${message}`);
}

/** The shorter ending after Ctrl+C. */
export function printInterrupted(cli: Cli, result: unknown): void {
  printStopped(cli, abortSchema.parse(result));
  cli.terminal.print(`\nAborted. Worktrees preserved. Run '${cli.spelling} cleanup' to remove.`);
}

function printStopped({ terminal, context }: Cli, { stopped, cleanup }: Aborted): void {
  for (const { task } of stopped) terminal.print(`[${clock(context)}] ${task}: Stopped`);
  for (const { task } of cleanup?.worktrees ?? []) terminal.print(`[${clock(context)}] ${task}: Removing worktree`);
  for (const { task, rescue, survivors } of stopped) {
    if (rescue !== undefined) terminal.print(`${task}: uncommitted work kept as ${rescue}`);
    if (survivors !== undefined) terminal.print(`${task}: could not be stopped: ${survivors.join(', ')}`);
  }
}

function clock({ now }: Cli['context']): string {
  return now().toTimeString().slice(0, 8);
}
