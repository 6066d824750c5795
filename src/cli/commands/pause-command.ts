import type { Command } from 'commander';
import { callTool } from '../context/call-tool.js';
import { printMessage } from '../print/print-results.js';
import type { Cli } from '../context/cli-context.js';
import { toolCommand } from '../context/tool-command.js';

interface Flags {
  readonly run?: string;
  readonly now?: boolean;
  readonly json?: boolean;
}

export function pauseCommand(cli: Cli): Command {
  return toolCommand('pause', 'Pause a run: no new agents start, running ones finish and are merged')
    .option('--run <id>', 'run id; default: the active run')
    .option('--now', 'also stop the running agents; they continue after o8 unpause')
    .action(async (flags: Flags) => {
      await pause(cli, flags, flags.now === true ? 'now' : 'let_finish');
    });
}

export function unpauseCommand(cli: Cli): Command {
  return toolCommand('unpause', 'Continue a paused run, even before its rate limit ends')
    .option('--run <id>', 'run id; default: the active run')
    .action(async (flags: Flags) => {
      await pause(cli, flags, 'off');
    });
}

async function pause({ terminal, context }: Cli, flags: Flags, how: 'let_finish' | 'now' | 'off'): Promise<void> {
  const result = await callTool('spawn', { pause: how, runId: flags.run }, context);
  if (flags.json === true) terminal.print(JSON.stringify(result));
  else printMessage(result, terminal);
}
