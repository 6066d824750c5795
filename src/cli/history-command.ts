import { Command } from 'commander';
import { historyRuns, type HistoryRun } from '../core/history.js';
import { readHistory } from '../store/history-file.js';
import { openContext } from '../tools/repository-context.js';
import { wholeNumber } from './options.js';
import type { Cli } from './program.js';
import { safeLines } from './terminal.js';
import { counted } from '../core/counted.js';

interface Flags {
  readonly limit: number;
  readonly tasks?: boolean;
  readonly json?: boolean;
}

/** `o8 history`: finished runs of this repository, newest first. */
export function historyCommand({ terminal, context }: Cli): Command {
  return new Command('history')
    .description('Finished runs of this repository: outcome, time, cost')
    .option('-n, --limit <n>', 'how many runs', wholeNumber, 20)
    .option('--tasks', 'with a line for every task')
    .option('--json', 'print the records as JSON')
    .action(async (flags: Flags) => {
      const { root } = await openContext(context);
      const runs = historyRuns(await readHistory(root)).slice(0, flags.limit);
      if (flags.json === true) terminal.print(JSON.stringify({ runs }));
      else if (runs.length === 0) terminal.print('No run has ended here yet.');
      else terminal.print(safeLines(table(runs, flags.tasks === true).join('\n')));
    });
}

function table(runs: readonly HistoryRun[], withTasks: boolean): string[] {
  const head = ['ended', 'run', 'plan', 'outcome', 'tasks', 'cost'];
  const rows = runs.map((run) => [
    run.endedAt.slice(0, 16).replace('T', ' '),
    run.runId,
    run.plan,
    run.state,
    `${String(run.tasks.filter(({ outcome }) => outcome === 'complete').length)}/${String(run.tasks.length)}`,
    cost(run.costUsd),
  ]);
  const lines = aligned([head, ...rows]);
  if (!withTasks) return lines;
  return lines.flatMap((line, at) => [line, ...(at === 0 ? [] : taskLines(runs[at - 1]))]);
}

function taskLines(run: HistoryRun | undefined): string[] {
  const rows = (run?.tasks ?? []).map((task) => [
    `  ${task.task}`,
    task.reason ?? task.outcome,
    task.minutes === null ? '-' : `${task.minutes.toFixed(1)} min`,
    counted(task.attempts, 'attempt'),
    cost(task.costUsd),
  ]);
  return aligned(rows);
}

function cost(usd: number): string {
  return usd === 0 ? '-' : `$${usd.toFixed(2)}`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
