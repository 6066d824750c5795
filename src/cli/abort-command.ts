import type { Command } from 'commander';
import { callTool } from './call-tool.js';
import { printAborted, printStopping, printWouldStop } from './print-abort.js';
import { statusSchema } from './print-status.js';
import type { Cli } from './program.js';
import { toolCommand } from './tool-commands.js';

interface Flags {
  readonly run?: string;
  readonly task?: string;
  readonly cleanup?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function abortCommand(cli: Cli): Command {
  return toolCommand('abort', 'Stop the running agents of a run, or of one task; work is kept')
    .option('--run <id>', 'which run; default: the active one')
    .option('--task <id>', 'stop only this task')
    .option('--cleanup', 'also remove the worktrees')
    .option('--dry-run', 'say what would be stopped, stop nothing')
    .action(async (flags: Flags) => {
      const { run: runId, task, cleanup, dryRun, json } = flags;
      if (json !== true && dryRun !== true) await announce(cli, flags);
      const result = await callTool('abort', { runId, task, cleanup, dryRun }, cli.context);
      if (json === true) cli.terminal.print(JSON.stringify(result));
      else if (dryRun === true) printWouldStop(cli, result);
      else printAborted(cli, result);
    });
}

async function announce(cli: Cli, flags: Flags): Promise<void> {
  const { state, tasks } = statusSchema.parse(
    await callTool('status', { runId: flags.run, task: flags.task }, cli.context),
  );
  if (!['running', 'paused', 'interrupted'].includes(state)) return;
  cli.terminal.print('Stopping parallel pipelines...\n');
  printStopping(cli, tasks);
}
