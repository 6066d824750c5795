import { Command } from 'commander';
import { inTerminal, o8 } from '../../core/base/text.js';
import { workerPlan, type WorkerPlan } from '../../tools/terminal/worker-plan.js';
import { callTool } from '../context/call-tool.js';
import type { Cli } from '../context/cli-context.js';
import { startRun, type StartFlags } from './start-run.js';

/** `o8 worker <id>`: one agent for one issue, in the run that has it or in a run of its own. */
export function workerCommand(cli: Cli): Command {
  return new Command('worker')
    .description('Start one agent for one Beads issue, or retry it in the run that has it')
    .argument('<id>', 'id of the issue')
    .option(
      '--force',
      'take an issue that somebody else claimed; stop an active run; move old worktrees and branches aside',
    )
    .option('--dry-run', 'show the plan and stop')
    .option('-y, --yes', 'accepted for scripts; worker never asks')
    .option('--verbose', "also print the agent's output")
    .option('--progress', 'print machine-readable [PROGRESS] lines')
    .option('--json', 'print the final status as JSON')
    .action(async (issue: string, given: StartFlags) => {
      const flags = { ...given, yes: true };
      let found: WorkerPlan = flags.force === true ? { kind: 'own_run' } : await workerPlan(issue, cli.context);
      if (found.kind === 'resume' && flags.dryRun !== true) {
        const { runId } = found;
        await callTool('spawn', { runId, resume: true }, cli.context);
        if (flags.json !== true) cli.terminal.print(`Run ${runId} has ${issue} and was interrupted; it is resumed.`);
        found = await workerPlan(issue, cli.context); // its agent may have ended meanwhile
      }
      switch (found.kind) {
        case 'own_run':
          return startRun(takingOver(cli, flags), { epic: issue }, flags);
        case 'resume':
          return say(cli, flags, found.runId, `Run ${found.runId} has ${issue} and would be resumed.`);
        case 'retry':
          if (flags.dryRun === true)
            return say(cli, flags, found.runId, `${issue} would be retried in run ${found.runId}.`);
          if (found.active) return retryThere(cli, flags, issue, found.runId);
          return startRun(cli, {}, { ...flags, retryFailed: true, task: issue, run: found.runId });
        case 'there':
          return say(cli, flags, found.runId, found.message);
      }
    });
}

function takingOver(cli: Cli, { force }: StartFlags): Cli {
  return force === true ? { ...cli, context: { ...cli.context, takesClaims: true } } : cli;
}

/** The run has other tasks: following it here, Ctrl+C would stop them too. */
async function retryThere(cli: Cli, flags: StartFlags, task: string, runId: string): Promise<void> {
  const { message } = await callTool('spawn', { runId, retryFailed: true, task }, cli.context);
  say(cli, flags, runId, message);
}

function say({ terminal }: Cli, { json }: StartFlags, runId: string, message: string): void {
  if (json === true) terminal.print(JSON.stringify({ runId, message }));
  else terminal.print(`${message}\n${inTerminal(o8('status', { run: runId }))}`);
}
