import { Command } from 'commander';
import { z } from 'zod';
import { wholeNumber } from './options.js';
import { callTool } from './call-tool.js';
import type { Cli } from './program.js';
import { safeLines } from './terminal.js';

const tailSchema = z.object({ tasks: z.array(z.object({ log: z.string() })), tail: z.array(z.string()).optional() });

export function logsCommand({ terminal, context }: Cli): Command {
  return new Command('logs')
    .description("Print the end of a task's log")
    .argument('<task>', 'task id')
    .option('--run <id>', 'which run; default: the active one, else the newest')
    .option('-n, --lines <n>', 'how many lines', wholeNumber, 200)
    .action(async (task: string, flags: { run?: string; lines: number }) => {
      const result = await callTool(
        'status',
        { runId: flags.run, task, tail: Math.min(1000, Math.max(1, flags.lines)) },
        context,
      );
      const { tasks, tail } = tailSchema.parse(result);
      if (tail === undefined || tail.length === 0) terminal.warn(`Nothing in ${tasks[0]?.log ?? 'the log'} yet.`);
      else terminal.print(tail.map(safeLines).join('\n'));
    });
}
