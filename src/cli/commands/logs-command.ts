import { o8, placeholder } from '../../core/base/text.js';
import { relative } from 'node:path';
import { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import type { RunEvent } from '../../core/run/events.js';
import { tailForModel } from '../../core/text/tail-for-model.js';
import { LogReader } from '../../store/logs/log-reader.js';
import { runPaths } from '../../store/files/paths.js';
import { requireRun, requireTask } from '../../tools/context/load-run.js';
import { openContext } from '../../tools/context/repository-context.js';
import { openTaskLog } from '../../tools/terminal/task-log.js';
import { followSupervisorLog, followTaskLog, printLines } from '../follow/follow-log.js';
import { wholeNumber } from '../context/options.js';
import type { Cli } from '../context/cli-context.js';

interface Flags {
  readonly run?: string;
  readonly lines: number;
  readonly follow?: boolean;
  readonly attempt?: number;
  readonly verify?: boolean;
  readonly wave?: number;
  readonly raw?: boolean;
}

export function logsCommand(cli: Cli): Command {
  return new Command('logs')
    .description("Print the end of a task's log, or of the supervisor's log")
    .argument('[task]', 'task id; default: the supervisor')
    .option('--run <id>', 'run id; default: the active run, else the newest')
    .option('-n, --lines <n>', 'number of lines', wholeNumber, 200)
    .option('-f, --follow', 'keep printing new lines, across retries, until the task ends')
    .option('--attempt <n>', 'attempt number; default: the last one', wholeNumber)
    .option('--raw', "print the agent's output as it was written (JSON), not formatted")
    .option('--verify', 'print the output of the last verify of the task or of the run')
    .option('--wave <n>', "print the output of this wave's validation", wholeNumber)
    .action(async (task: string | undefined, flags: Flags) => {
      if (flags.wave !== undefined) await waveLog(cli, task, flags.wave, flags);
      else if (flags.verify === true) await verifyLog(cli, task, flags);
      else if (task === undefined) await supervisorLog(cli, flags);
      else await taskLog(cli, task, flags);
    });
}

/** In the shell of an agent the output is shortened as in MCP answers: every line costs tokens. */
async function printTail({ terminal, context: { env } }: Cli, lines: readonly string[]): Promise<void> {
  const reader = env['CLAUDECODE'] ?? env['O8_ATTEMPT'];
  await printLines(terminal, reader === undefined ? lines : tailForModel(lines));
}

async function supervisorLog(cli: Cli, { run, lines, follow, attempt }: Flags): Promise<void> {
  if (attempt !== undefined)
    throw new O8Error('usage', '--attempt needs a task.', o8('logs', [placeholder('task')], { attempt }));
  const { home } = await openContext(cli.context);
  const { plan } = await requireRun(home, run);
  const path = runPaths(home, plan.runId).supervisorLog;
  cli.terminal.print(relative(cli.context.cwd, path));
  const reader = new LogReader(path);
  await printTail(cli, await reader.tail(lines));
  if (follow === true) await followSupervisorLog(cli, { home, runId: plan.runId }, reader);
}

/** The output of the last verify of a task's work, or of the run. */
async function verifyLog(cli: Cli, name: string | undefined, { run, lines, follow, attempt }: Flags): Promise<void> {
  if (follow === true || attempt !== undefined) {
    throw new O8Error(
      'usage',
      '--verify cannot be combined with --follow or --attempt.',
      o8('logs', name === undefined ? [] : [name], { verify: true }),
    );
  }
  const { home } = await openContext(cli.context);
  const { plan, records } = await requireRun(home, run);
  const task = name === undefined ? null : requireTask(plan, name);
  const last = records
    .flatMap(({ event }) => (event.type === 'verify_ran' ? [event] : []))
    .findLast(({ tasks }) => task === null || tasks.includes(task));
  if (last === undefined) {
    cli.terminal.warn(`No verify ${task === null ? '' : `of ${task} `}has ended yet.`);
    return;
  }
  await printCheck(cli, runPaths(home, plan.runId).verifyLog(last.number), last, lines);
}

/** The output of the last validation of a wave. */
async function waveLog(cli: Cli, task: string | undefined, wave: number, { run, lines, follow }: Flags): Promise<void> {
  if (task !== undefined || follow === true) {
    throw new O8Error('usage', '--wave cannot be combined with a task or --follow.', o8('logs', { wave }));
  }
  const { home } = await openContext(cli.context);
  const { plan, records } = await requireRun(home, run);
  const last = records
    .flatMap(({ event }) => (event.type === 'verify_ran' && event.wave === wave ? [event] : []))
    .at(-1);
  if (last === undefined) {
    cli.terminal.warn(`No validation of wave ${String(wave)} has ended yet.`);
    return;
  }
  await printCheck(cli, runPaths(home, plan.runId).verifyLog(last.number), last, lines);
}

type Check = Extract<RunEvent, { type: 'verify_ran' }>;

async function printCheck(cli: Cli, path: string, check: Check, lines: number): Promise<void> {
  const { number, commit, tasks, passed, wave } = check;
  const what = wave === undefined ? `verify ${String(number)}` : `validation of wave ${String(wave)}`;
  cli.terminal.print(
    `${relative(cli.context.cwd, path)}: ${what} of ${commit.slice(0, 12)} (${tasks.join(', ')}) ${passed ? 'passed' : 'failed'}`,
  );
  await printTail(cli, await new LogReader(path).tail(lines));
}

async function taskLog(cli: Cli, name: string, { run, lines, follow, attempt, raw }: Flags): Promise<void> {
  const { home } = await openContext(cli.context);
  const log = await openTaskLog(home, { runId: run, task: name, attempt, lines: raw === true ? 'raw' : 'readable' });
  const end = await log.reader.tail(lines);
  await printTail(cli, end);
  if (follow === true) {
    const until = attempt === undefined ? ('task' as const) : ('attempt' as const);
    const { runId, task, attempt: from } = log;
    await followTaskLog(cli, { home, runId, task, attempt: from, until }, log.reader);
  } else if (end.length === 0) {
    cli.terminal.warn(log.notStarted ?? `Nothing in ${relative(cli.context.cwd, log.path)} yet.`);
  }
}
