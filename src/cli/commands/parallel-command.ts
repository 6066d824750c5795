import { Command } from 'commander';
import { abortCommand } from './abort-command.js';
import { callTool } from '../context/call-tool.js';
import { withOwnOptions } from '../context/subcommand-options.js';
import { addRunning } from '../context/options.js';
import { printUndone, undoWasHeld } from '../print/print-resolution.js';
import type { Cli } from '../context/cli-context.js';
import { startRun, type StartFlags } from './start-run.js';
import { statusCommand } from './status-command.js';
import { toolCommand } from '../context/tool-command.js';
import { cleanupCommand } from './tool-commands.js';

/** `o8 parallel <slug>…` and its subcommands: the commands for runs of features. They call the same tools. */
export function parallelCommand(plain: Cli): Command {
  const cli: Cli = { ...plain, spelling: 'o8 parallel' };
  const command = addRunning(new Command('parallel').description('Run features in parallel, each in its own worktree'))
    .exitOverride() // before the subcommands are created: they inherit it
    .argument('[slugs...]', 'feature slugs: user-auth for the folder feature_user-auth')
    .action(async (slugs: string[], flags: StartFlags) => {
      if (slugs.length > 0 || flags.resume === true || flags.retryFailed === true) {
        await startRun(cli, slugs.length === 0 ? {} : { features: slugs }, flags);
      } else command.help({ error: true });
    });
  command.addCommand(statusCommand(cli).exitOverride());
  command.addCommand(abortCommand(cli).exitOverride());
  command.addCommand(cleanupCommand(cli).exitOverride());
  command.addCommand(rollbackOf(cli));
  return withOwnOptions(command);
}

function rollbackOf({ terminal, context, exit }: Cli): Command {
  return toolCommand('rollback', 'Revert what a run landed on its base branch, or one of its tasks')
    .exitOverride()
    .option('--run <id>', 'run id; default: the newest run')
    .option('--task <id>', 'revert only this task')
    .option('--dry-run', 'show what would be reverted; change nothing')
    .action(async (flags: { run?: string; task?: string; dryRun?: boolean; json?: boolean }) => {
      const input = { runId: flags.run, task: flags.task, dryRun: flags.dryRun, undo: true };
      const result = await callTool('merge', input, context);
      if (flags.json === true) terminal.print(JSON.stringify(result));
      else printUndone(result, terminal);
      if (undoWasHeld(result)) exit.code = 1;
    });
}
