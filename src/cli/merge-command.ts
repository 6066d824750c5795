import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { callTool } from './call-tool.js';
import { interruptedBy } from './interrupt.js';
import { mergeLeftSomething, printMerge } from './print-results.js';
import type { Cli } from './program.js';
import { toolCommand } from './tool-commands.js';

interface Flags {
  readonly run?: string;
  readonly task?: string;
  readonly into?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** A merge that takes longer is running somebody's verify command: worth a word. */
const SILENCE_MS = 1500;

export function mergeCommand(cli: Cli): Command {
  return toolCommand('merge', 'Land what is complete on the base branch')
    .option('--run <id>', 'which run; default: the active one, else the newest')
    .option('--task <id>', 'land this task and what was merged before it')
    .option('--into <target>', 'integration: merge what waits, land nothing on the base')
    .option('--dry-run', 'predict, change nothing')
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
    const input = { runId: flags.run, task: flags.task, into: flags.into, dryRun: flags.dryRun };
    const work = callTool('merge', input, context).then((result) => ({ kind: 'merged' as const, result }));
    const outcome = await Promise.race([work, interrupt.received.then(() => ({ kind: 'left' as const }))]);
    if (outcome.kind === 'left') {
      terminal.warn('\nNot waiting. The merge goes on and may still land: o8 status');
      exit.code = 130;
      return;
    }
    if (flags.json === true) terminal.print(JSON.stringify(outcome.result));
    else printMerge(outcome.result, terminal);
    if (flags.dryRun !== true && mergeLeftSomething(outcome.result)) exit.code = 1;
  } finally {
    done.abort();
    await hint;
    interrupt.forget();
  }
}

async function sayThatItTakesTime({ terminal }: Cli, done: AbortSignal): Promise<void> {
  await delay(SILENCE_MS, undefined, { signal: done }).then(
    () => {
      terminal.warn('Merging, with verify on what lands. Ctrl+C stops the waiting, not the merge.');
    },
    () => undefined, // it was quick
  );
}
