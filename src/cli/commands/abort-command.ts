import type { ToolAnswer } from '../../tools/catalogue.js';
import type { RunFlag } from '../../core/run/run-flag.js';
import { RunFiles } from '../../tools/context/run-files.js';
import type { Command } from 'commander';
import { listRuns } from '../../store/runs/runs.js';
import { openContext } from '../../tools/context/repository-context.js';
import { callTool } from '../context/call-tool.js';
import { clock, printAborted, printWouldStop } from '../print/print-abort.js';
import type { Cli } from '../context/cli-context.js';
import { toolCommand } from '../context/tool-command.js';

interface Flags {
  readonly run?: string;
  readonly task?: string;
  readonly cleanup?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function abortCommand(cli: Cli): Command {
  return toolCommand('abort', 'Stop a run or one of its tasks; the work is kept')
    .option('--run <id>', 'run id; default: the unfinished run')
    .option('--task <id>', 'stop only this task')
    .option('--cleanup', 'also remove the worktrees')
    .option('--dry-run', 'show what would be stopped; stop nothing')
    .action(async (flags: Flags) => {
      const { run: runId, task, cleanup, dryRun, json } = flags;
      const announced = json === true || dryRun === true ? undefined : await announce(cli, flags);
      const result = await callTool('abort', { runId: runId ?? announced, task, cleanup, dryRun }, cli.context);
      if (json === true) cli.terminal.print(JSON.stringify(result));
      else if (dryRun === true) printWouldStop(cli, result);
      else printAborted(cli, result, await flagOf(cli, result));
    });
}

async function flagOf({ context }: Cli, { runId }: ToolAnswer<'abort'>): Promise<RunFlag> {
  return runId === undefined ? {} : new RunFiles((await openContext(context)).home).flagOf(runId);
}

/** Prints what is about to be stopped and returns the id of that run, so that the abort acts on the same one. */
async function announce(cli: Cli, { run, task }: Flags): Promise<string | undefined> {
  const found = await callTool('abort', { runId: run, task, dryRun: true }, cli.context);
  if (found.runId === undefined) return undefined;
  const [newest] = await listRuns((await openContext(cli.context)).home);
  const which = run === undefined && found.runId !== newest ? ` of run ${found.runId}` : '';
  cli.terminal.print(`Stopping parallel pipelines${which}...\n`);
  for (const { task: id, pid } of found.stopped) {
    if (pid !== undefined) cli.terminal.print(`[${clock(cli.context)}] ${id}: Stopping process (PID: ${String(pid)})`);
  }
  return found.runId;
}
