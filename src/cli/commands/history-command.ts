import { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import { historyRuns, type HistoryRun } from '../../core/report/history.js';
import type { TakenBack } from '../../core/merge/landings.js';
import type { Repository } from '../../git/door/repository.js';
import { takenBackNow } from '../../git/refs/standing-reverts.js';
import { readHistory } from '../../store/runs/history-file.js';
import type { RunHome } from '../../store/files/paths.js';
import { listRuns } from '../../store/runs/runs.js';
import { loadRun } from '../../tools/context/load-run.js';
import { openContext } from '../../tools/context/repository-context.js';
import { wholeNumber } from '../context/options.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';
import { counted } from '../../core/text/counted.js';

interface Flags {
  readonly limit: number;
  readonly tasks?: boolean;
  readonly json?: boolean;
}

/** `o8 history`: finished runs of this repository, newest first. */
export function historyCommand({ terminal, context }: Cli): Command {
  return new Command('history')
    .description('List finished runs with their outcome, time and cost')
    .option('-n, --limit <n>', 'number of runs', wholeNumber, 20)
    .option('--tasks', 'also list the tasks of each run')
    .option('--json', 'print the records as JSON')
    .action(async (flags: Flags) => {
      const { home, repo } = await openContext(context);
      const known = historyRuns(await readHistory(home)).slice(0, flags.limit);
      const off = await takenBackOf(repo, home, known);
      const runs = known.map((run) => ({ ...run, ...(off.get(run.runId) ?? {}) }));
      if (flags.json === true) terminal.print(JSON.stringify({ runs }));
      else if (runs.length === 0) terminal.print('No run of this repository has finished yet.');
      else terminal.print(safeLines(table(runs, flags.tasks === true).join('\n')));
    });
}

/** A run with those of its tasks that were reverted on the base branch since. */
interface ShownRun extends HistoryRun {
  readonly takenBack?: readonly TakenBack[];
}

/** Only for runs whose files are still there: o8 keeps the files of the newest 20 runs. */
async function takenBackOf(
  repo: Repository,
  home: RunHome,
  runs: readonly HistoryRun[],
): Promise<ReadonlyMap<string, { readonly takenBack: readonly TakenBack[] }>> {
  const there = new Set(await listRuns(home));
  const found = new Map<string, { readonly takenBack: readonly TakenBack[] }>();
  for (const { runId } of runs.filter((run) => there.has(run.runId))) {
    try {
      const { plan, state } = await loadRun(home, runId);
      const takenBack = await takenBackNow(repo, plan, state);
      if (takenBack.length > 0) found.set(runId, { takenBack });
    } catch (error) {
      if (!(error instanceof O8Error)) throw error; // doctor names runs whose files are damaged
    }
  }
  return found;
}

function table(runs: readonly ShownRun[], withTasks: boolean): string[] {
  const head = ['ended', 'run', 'plan', 'outcome', 'tasks', 'cost'];
  const rows = runs.map((run) => [
    run.endedAt.slice(0, 16).replace('T', ' '),
    run.runId,
    run.plan,
    run.takenBack === undefined ? run.state : `${run.state}, reverted`,
    `${String(run.tasks.filter(({ outcome }) => outcome === 'complete').length)}/${String(run.tasks.length)}`,
    cost(run.costUsd),
  ]);
  const lines = aligned([head, ...rows]);
  if (!withTasks) return lines;
  return lines.flatMap((line, at) => [line, ...(at === 0 ? [] : taskLines(runs[at - 1]))]);
}

function taskLines(run: ShownRun | undefined): string[] {
  const isOff = (id: string): boolean => (run?.takenBack ?? []).some(({ task }) => task === id);
  const rows = (run?.tasks ?? []).map((task) => [
    `  ${task.task}`,
    isOff(task.task) ? `${task.outcome}, reverted` : (task.reason ?? task.outcome),
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
