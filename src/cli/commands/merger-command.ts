import { O8Error } from '../../core/base/errors.js';
import type { Command } from 'commander';
import { runsWithPulls } from '../../tools/terminal/open-pull-runs.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { callTool } from '../context/call-tool.js';
import type { Cli } from '../context/cli-context.js';
import { printError } from '../print/print-error.js';
import { printPulls } from '../print/print-results.js';
import { toolCommand } from '../context/tool-command.js';

interface Flags {
  readonly run?: string;
  readonly dryRun?: boolean;
  /** False for `--no-review`. */
  readonly review: boolean;
  readonly json?: boolean;
}

type Pulls = NonNullable<ToolAnswer<'merge'>['pulls']>;

/** `merge` for every run with open pull requests: one line for each of them. */
export function mergerCommand(cli: Cli): Command {
  return toolCommand('merger', 'Merge the pull requests that are ready')
    .option('--run <id>', 'only pull requests of this run; default: of all runs')
    .option('--dry-run', 'look at them on the forge and show what would be done; change nothing')
    .option('--no-review', 'merge without a review by the merger agent')
    .action(async (flags: Flags) => {
      await merger(cli, flags);
    });
}

async function merger({ terminal, context, exit }: Cli, flags: Flags): Promise<void> {
  const { print } = terminal;
  const runs = await runsWithPulls(flags.run, context);
  const all: (Pulls[number] & { runId: string })[] = [];
  for (const { runId } of runs) {
    const input = flags.dryRun === true ? { dryRun: true } : { noReview: flags.review ? undefined : true };
    try {
      const { pulls = [] } = await callTool('merge', { runId, ...input }, context);
      all.push(...pulls.map((pull) => ({ runId, ...pull })));
      if (flags.json === true) continue;
      if (runs.length > 1) print(`Run ${runId}:`);
      printPulls(pulls, terminal);
    } catch (error) {
      if (!(error instanceof O8Error) || runs.length === 1) throw error;
      exit.code = printError(error, terminal, false, context.env); // the pull requests of other runs do not wait for it
    }
  }
  if (flags.json === true) print(JSON.stringify({ pulls: all }));
  else if (runs.length === 0) print('No open pull requests.');
  if (exit.code === 0 && flags.dryRun !== true && all.some(({ action }) => action === 'refuse')) exit.code = 1;
}
