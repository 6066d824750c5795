import type { Command } from 'commander';
import { callTool } from './call-tool.js';
import { printAbort } from './print-results.js';
import { statusSchema } from './print-status.js';
import type { Cli } from './program.js';
import { toolCommand } from './tool-commands.js';

export function abortCommand({ terminal, context }: Cli): Command {
  return toolCommand('abort', 'Stop the running agents of a run, or of one task; work is kept')
    .option('--run <id>', 'which run; default: the active one')
    .option('--task <id>', 'stop only this task')
    .option('--cleanup', 'also remove the worktrees')
    .action(async (flags: { run?: string; task?: string; cleanup?: boolean; json?: boolean }) => {
      if (flags.json !== true && (await somethingRuns(flags.run, context))) terminal.print('Stopping parallel pipelines...\n');
      const result = await callTool('abort', { runId: flags.run, task: flags.task, cleanup: flags.cleanup }, context);
      if (flags.json === true) terminal.print(JSON.stringify(result));
      else printAbort(result, context.cwd, terminal);
    });
}

async function somethingRuns(runId: string | undefined, context: Cli['context']): Promise<boolean> {
  const { state } = statusSchema.parse(await callTool('status', { runId }, context));
  return state === 'running' || state === 'paused' || state === 'interrupted';
}
