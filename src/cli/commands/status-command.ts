import { O8Error } from '../../core/base/errors.js';
import { inTerminal } from '../../core/base/text.js';
import { readQueue } from '../../tools/terminal/beads-queue.js';
import { RunFiles } from '../../tools/context/run-files.js';
import { openContextToRead } from '../../tools/context/repository-context.js';
import type { Command } from 'commander';
import { runTool } from '../../tools/context/run-tool.js';
import { status } from '../../tools/status-tool.js';
import { onlyGiven, type Given } from '../context/given.js';
import { decimal, wholeNumber } from '../context/options.js';
import { printGroup, printGroups } from '../print/print-groups.js';
import { printDetails, printStatus } from '../print/print-status.js';
import type { Cli } from '../context/cli-context.js';
import { hintLines, safeLines } from '../context/terminal.js';
import { toolCommand } from '../context/tool-command.js';

interface Flags {
  readonly run?: string;
  readonly epic?: string;
  readonly task?: string;
  readonly since?: number;
  readonly wait?: number;
  readonly tail?: number;
  readonly detailed?: boolean;
  readonly json?: boolean;
}

export function statusCommand(cli: Cli): Command {
  const { terminal, context } = cli;
  return toolCommand('status', 'Show the state of a run')
    .option('--run <id>', 'run id; default: the active run, else the newest')
    .option('--epic <id>', 'the newest run of this Beads epic')
    .option('--task <id>', 'show only this task')
    .option('--since <cursor>', 'show only what changed after this cursor', wholeNumber)
    .option('--wait <seconds>', 'wait up to this long for a change', decimal)
    .option('--tail <n>', 'with --task: also print the last n lines of its log', wholeNumber)
    .option('--detailed', 'also show attempts, tokens, worktrees and logs')
    .action(async (flags: Flags) => {
      const input: Given<'status'> = {
        runId: flags.run,
        epic: flags.epic,
        task: flags.task,
        since: flags.since,
        waitSeconds: flags.wait,
        tail: flags.tail,
      };
      const { home } = await openContextToRead(context);
      const files = new RunFiles(home);
      const result = await runTool(status, onlyGiven(input), { ...context, files });
      if (flags.json === true) terminal.print(JSON.stringify(result));
      else {
        const { runId } = result;
        const flag = runId === undefined ? {} : await files.flagOf(runId);
        printStatus(result, { cwd: context.cwd, flag }, terminal);
        if (flags.task === undefined && flags.since === undefined)
          printGroups(result, { cwd: context.cwd, now: context.now() }, terminal);
        if (result.runId === undefined) await printQueue(cli);
        if (flags.detailed === true) printDetails(result, context.cwd, terminal);
      }
    });
}

/** What can be started where nothing has run yet; that Beads does not answer is no fault of the status. */
async function printQueue({ terminal, context }: Cli): Promise<void> {
  try {
    const queue = await readQueue(context);
    if (queue === null) return;
    printGroup('Ready', queue.ready, terminal.print);
    printGroup('In progress', queue.inProgress, terminal.print);
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    terminal.warn(
      `${terminal.colors.yellow('Warning:')} ${safeLines(error.message)}\n${hintLines(inTerminal(error.hint), 2)}`,
    );
  }
}
