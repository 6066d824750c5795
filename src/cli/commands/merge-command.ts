import { setTimeout as delay } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { mergeStrategySchema } from '../../core/settings/settings.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { callTool } from '../context/call-tool.js';
import type { Given } from '../context/given.js';
import { interruptedBy } from '../context/interrupt.js';
import { printResolution, printUndone, undoWasHeld } from '../print/print-resolution.js';
import { mergeLeftSomething, printMerge } from '../print/print-results.js';
import type { Cli } from '../context/cli-context.js';
import { toolCommand } from '../context/tool-command.js';

interface Flags {
  readonly run?: string;
  readonly epic?: string;
  readonly task?: string;
  readonly into?: Given<'merge'>['into']; // the tool refuses other values
  readonly strategy?: Given<'merge'>['strategy'];
  readonly dryRun?: boolean;
  readonly uncommitted?: boolean;
  readonly resolve?: boolean;
  readonly undo?: boolean;
  readonly acceptHeld?: boolean;
  readonly json?: boolean;
}

/** A merge that takes longer is running the user's verify command: a message says so. */
const SILENCE_MS = 1500;

export function mergeCommand(cli: Cli): Command {
  return toolCommand('merge', 'Land completed tasks on the base branch')
    .option('--run <id>', 'run id; default: the active run, else the newest')
    .option('--epic <id>', 'the newest run of this Beads epic')
    .option('--task <id>', 'land this task and everything merged before it')
    .option('--into <target>', 'integration: merge waiting tasks, land nothing on the base')
    .addOption(new Option('--strategy <how>', 'how tasks are merged from now on').choices(mergeStrategySchema.options))
    .option('--dry-run', 'show the expected result; change nothing')
    .option('--uncommitted', 'with --dry-run: include uncommitted changes')
    .option('--resolve', 'open the conflict of --task in its worktree')
    .option('--undo', 'revert what landed on the base branch; with --task only that task')
    .option('--accept-held', 'land --task although it is held; its commit records that')
    .action(async (flags: Flags) => {
      await merge(cli, flags);
    });
}

async function merge(cli: Cli, flags: Flags): Promise<void> {
  const { terminal, context, exit } = cli;
  const interrupt = interruptedBy('SIGINT');
  const done = new AbortController();
  const hint = sayThatItTakesTime(cli, done.signal);
  try {
    const { run: runId, epic, task, into, strategy, dryRun, uncommitted, resolve, undo, acceptHeld } = flags;
    const input = { runId, epic, task, into, strategy, dryRun, uncommitted, resolve, undo, acceptHeld };
    const work = callTool('merge', input, context).then((result) => ({ kind: 'merged' as const, result }));
    const outcome = await Promise.race([work, interrupt.received.then(() => ({ kind: 'left' as const }))]);
    if (outcome.kind === 'left') {
      const of = runId === undefined ? '' : ` --run ${runId}`;
      terminal.warn(`\nNot waiting. The merge continues and may still change the base branch: o8 status${of}`);
      exit.code = 130;
      return;
    }
    if (flags.json === true) terminal.print(JSON.stringify(outcome.result));
    else print(flags, outcome.result, cli);
    if (dryRun !== true && (mergeLeftSomething(outcome.result) || undoWasHeld(outcome.result))) exit.code = 1;
  } finally {
    done.abort();
    await hint;
    interrupt.forget();
  }
}

function print({ resolve, undo }: Flags, result: ToolAnswer<'merge'>, { terminal, context }: Cli): void {
  if (resolve === true) printResolution(result, terminal, context.cwd);
  else if (undo === true) printUndone(result, terminal);
  else printMerge(result, terminal);
}

async function sayThatItTakesTime({ terminal }: Cli, done: AbortSignal): Promise<void> {
  await delay(SILENCE_MS, undefined, { signal: done }).then(
    () => {
      terminal.warn('Verifying the merge. Ctrl+C stops waiting; the merge continues.');
    },
    () => undefined, // it was quick
  );
}
