import type { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import { o8 } from '../../core/base/text.js';
import { newestRunWith } from '../../tools/terminal/run-with-task.js';
import { callTool } from '../context/call-tool.js';
import { toolCommand } from '../context/tool-command.js';
import {
  addSelection,
  addSpawning,
  namedBy,
  PLAN_WORDS,
  spawnInput,
  type RunFlags,
  type SelectionFlags,
} from '../context/options.js';
import { printCleanup, printPreflight, printSpawn } from '../print/print-results.js';
import type { Cli } from '../context/cli-context.js';

export function preflightCommand({ terminal, context, exit }: Cli): Command {
  return addSelection(
    toolCommand('preflight', 'Check the plan, the repository and this machine; writes nothing').argument(
      '[parallel-dir | slugs...]',
      PLAN_WORDS,
    ),
  ).action(async (words: string[], flags: SelectionFlags & { json?: boolean }) => {
    const input = { ...namedBy(words, flags, context.cwd), wave: flags.wave, skip: flags.skip };
    const result = await callTool('preflight', input, context);
    if (flags.json === true) terminal.print(JSON.stringify(result));
    else printPreflight(result, terminal);
    exit.code = result.ok ? 0 : 4;
  });
}

export function spawnCommand({ terminal, context }: Cli): Command {
  return addSpawning(
    toolCommand('spawn', 'Start a run in the background and return at once').argument(
      '[parallel-dir | slugs...]',
      `${PLAN_WORDS}; not needed with --resume`,
    ),
  )
    .option('-y, --yes', 'accepted for scripts; spawn never asks')
    .action(async (words: string[], flags: RunFlags & { json?: boolean }) => {
      const result = await callTool('spawn', spawnInput(namedBy(words, flags, context.cwd), flags), context);
      if (flags.json === true) terminal.print(JSON.stringify(result));
      else printSpawn(result, terminal);
    });
}

interface CleanupFlags {
  readonly run?: string;
  readonly all?: boolean;
  readonly task?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function cleanupCommand({ terminal, context }: Cli): Command {
  return toolCommand('cleanup', 'Remove worktrees and merged branches of finished tasks')
    .argument('[task]', 'clean up only this task, of the newest run that has it')
    .option('--run <id>', 'run id; default: the newest run')
    .option('--all', 'clean up all finished runs')
    .option('--task <id>', 'clean up only this task of the run')
    .option('--force', 'also delete branches with unmerged commits')
    .option('--dry-run', 'show what would be removed; remove nothing')
    .action(async (named: string | undefined, { run, all, task: flag, force, dryRun, json }: CleanupFlags) => {
      if (named !== undefined && flag !== undefined && named !== flag)
        throw new O8Error('usage', `Two tasks were named: ${named} and ${flag}.`, o8('cleanup', { task: named }));
      const task = named ?? flag;
      const runId = run ?? (named === undefined || all === true ? undefined : await newestRunWith(named, context));
      const result = await callTool('cleanup', { runId, all, task, force, dryRun }, context);
      if (json === true) terminal.print(JSON.stringify(result));
      else printCleanup(result, context.cwd, terminal);
    });
}
