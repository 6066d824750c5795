import { relative } from 'node:path';
import { Command } from 'commander';
import { O8Error } from '../core/errors.js';
import { taskOf } from '../core/run-state.js';
import { LogReader } from '../store/log-reader.js';
import { attemptPaths, runPaths } from '../store/paths.js';
import { requireRun, requireTask } from '../tools/load-run.js';
import { openContext } from '../tools/repository-context.js';
import { followSupervisorLog, followTaskLog, printLines } from './follow-log.js';
import { wholeNumber } from './options.js';
import type { Cli } from './program.js';

interface Flags {
  readonly run?: string;
  readonly lines: number;
  readonly follow?: boolean;
  readonly attempt?: number;
}

export function logsCommand(cli: Cli): Command {
  return new Command('logs')
    .description("Print the end of a task's log; without a task, of the supervisor's own")
    .argument('[task]', 'task id')
    .option('--run <id>', 'which run; default: the active one, else the newest')
    .option('-n, --lines <n>', 'how many lines', wholeNumber, 200)
    .option('-f, --follow', 'go on printing, over retries, until the task is over')
    .option('--attempt <n>', 'of this attempt; default: the last one', wholeNumber)
    .action(async (task: string | undefined, flags: Flags) => {
      if (task === undefined) await supervisorLog(cli, flags);
      else await taskLog(cli, task, flags);
    });
}

async function supervisorLog(cli: Cli, { run, lines, follow, attempt }: Flags): Promise<void> {
  if (attempt !== undefined) throw new O8Error('usage', '--attempt needs a task.', 'o8 logs <task> --attempt <n>');
  const { root } = await openContext(cli.context);
  const { plan } = await requireRun(root, run);
  const path = runPaths(root, plan.runId).supervisorLog;
  cli.terminal.print(relative(cli.context.cwd, path));
  const reader = new LogReader(path);
  await printLines(cli.terminal, await reader.tail(lines));
  if (follow === true) await followSupervisorLog(cli, { root, runId: plan.runId }, reader);
}

async function taskLog(cli: Cli, name: string, { run, lines, follow, attempt }: Flags): Promise<void> {
  const { root } = await openContext(cli.context);
  const { plan, state } = await requireRun(root, run);
  const task = requireTask(plan, name);
  const { attempt: last, state: now } = taskOf(state, task);
  if (attempt !== undefined && (attempt < 1 || attempt > last)) {
    const had = last === 0 ? 'no attempt yet' : `attempts 1 to ${String(last)}`;
    throw new O8Error('usage', `${task} has ${had}, not ${String(attempt)}.`, `o8 logs ${task}`);
  }
  const number = attempt ?? Math.max(1, last);
  const { log } = attemptPaths(root, plan.runId, task, number);
  const reader = new LogReader(log);
  const end = await reader.tail(lines);
  await printLines(cli.terminal, end);
  if (follow === true) {
    const until = attempt === undefined ? ('task' as const) : ('attempt' as const);
    await followTaskLog(cli, { root, runId: plan.runId, task, attempt: number, until }, reader);
  } else if (end.length === 0) {
    cli.terminal.warn(
      last === 0
        ? `${task} has not started yet: it is ${now.state}.`
        : `Nothing in ${relative(cli.context.cwd, log)} yet.`,
    );
  }
}
