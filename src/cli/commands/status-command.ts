import { RunFiles } from '../../tools/context/run-files.js';
import { openContextToRead } from '../../tools/context/repository-context.js';
import type { Command } from 'commander';
import { callTool } from '../context/call-tool.js';
import { decimal, wholeNumber } from '../context/options.js';
import { printGroups } from '../print/print-groups.js';
import { printDetails, printStatus } from '../print/print-status.js';
import type { Cli } from '../context/cli-context.js';
import { toolCommand } from './tool-commands.js';

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

export function statusCommand({ terminal, context }: Cli): Command {
  return toolCommand('status', 'Show the state of a run')
    .option('--run <id>', 'run id; default: the active run, else the newest')
    .option('--epic <id>', 'the newest run of this Beads epic')
    .option('--task <id>', 'show only this task')
    .option('--since <cursor>', 'show only what changed after this cursor', wholeNumber)
    .option('--wait <seconds>', 'wait up to this long for a change', decimal)
    .option('--tail <n>', 'with --task: also print the last n lines of its log', wholeNumber)
    .option('--detailed', 'also show attempts, tokens, worktrees and logs')
    .action(async (flags: Flags) => {
      const input = {
        runId: flags.run,
        epic: flags.epic,
        task: flags.task,
        since: flags.since,
        waitSeconds: flags.wait,
        tail: flags.tail,
      };
      const { home } = await openContextToRead(context);
      const files = new RunFiles(home);
      const result = await callTool('status', input, { ...context, files });
      if (flags.json === true) terminal.print(JSON.stringify(result));
      else {
        const { runId } = result;
        const flag = runId === undefined ? {} : await files.flagOf(runId);
        printStatus(result, { cwd: context.cwd, flag }, terminal);
        if (flags.task === undefined && flags.since === undefined)
          printGroups(result, { cwd: context.cwd, now: context.now() }, terminal);
        if (flags.detailed === true) printDetails(result, context.cwd, terminal);
      }
    });
}
