import { Command } from 'commander';
import { z } from 'zod';
import { O8Error } from '../core/errors.js';
import { callTool } from './call-tool.js';
import { confirm } from './confirm.js';
import { follow, type Style } from './follow.js';
import { addSpawning, planInput, spawnInput, type RunFlags } from './options.js';
import { printPlan } from './print-plan.js';
import { printFailedChecks } from './print-results.js';
import { statusSchema } from './print-status.js';
import type { Cli } from './program.js';
import { safeLines } from './terminal.js';

interface Flags extends RunFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
}

const ownerSchema = z.object({
  runId: z.string().optional(),
  supervisor: z.object({ pid: z.number().nullable(), alive: z.boolean() }).optional(),
});

const spawnedSchema = z.object({
  runId: z.string().optional(),
  message: z.string(),
  continued: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
  text: z.string().optional(),
});

/** `o8 run <dir>`: show the plan, ask, spawn, follow until the end. */
export function runCommand(cli: Cli): Command {
  return addSpawning(new Command('run').description('Show the plan, ask, start the agents and follow them to the end'))
    .argument('[parallel-dir]', 'folder with a manifest.json; not needed with --resume')
    .option('--dry-run', 'show the plan and stop')
    .option('-y, --yes', 'do not ask')
    .option('--verbose', "also print the agents' output")
    .option('--progress', 'print [PROGRESS] lines for programs')
    .option('--json', 'print the final status as JSON')
    .action(async (dir: string | undefined, flags: Flags) => {
      await run(cli, dir, flags);
    });
}

async function run(cli: Cli, dir: string | undefined, flags: Flags): Promise<void> {
  const { terminal, context } = cli;
  const quiet = flags.json === true || flags.progress === true;
  const say = quiet ? terminal.warn : terminal.print;
  if (dir !== undefined) {
    const plan = await callTool('plan', planInput(dir, flags), context);
    if (flags.dryRun === true) {
      if (flags.json === true) terminal.print(JSON.stringify(plan));
      else {
        printPlan(plan, terminal);
        terminal.print('\nDry run complete. No files modified.');
      }
      return;
    }
    if (!quiet && flags.retryFailed !== true && flags.resume !== true) printPlan(plan, terminal);
  } else if (flags.dryRun === true) {
    throw new O8Error('usage', '--dry-run needs a parallel dir', 'o8 run <parallel-dir> --dry-run');
  }
  if (dir !== undefined && !(await isReady(cli, dir, flags))) return;
  if (!(await mayStart(cli, dir, flags))) return;
  const spawned = spawnedSchema.parse(await callTool('spawn', spawnInput(dir, flags), context));
  for (const warning of spawned.warnings ?? [])
    terminal.warn(`${terminal.colors.yellow('Warning:')} ${safeLines(warning)}`);
  if (spawned.text !== undefined) say(`\n${safeLines(spawned.text)}`);
  say(`\n${spawned.message}`);
  if (spawned.runId === undefined) return;
  const style: Style =
    flags.json === true ? 'json' : flags.progress === true ? 'progress' : flags.verbose === true ? 'verbose' : 'lines';
  cli.exit.code = await follow(cli, spawned.runId, style, spawned.continued === true ? 'now' : 'start');
}

/** What would refuse the start is said before the question, not after it. */
async function isReady({ terminal, context, exit }: Cli, dir: string, flags: Flags): Promise<boolean> {
  const goesOn = flags.retryFailed === true || flags.resume === true || flags.wave !== undefined;
  if (goesOn || flags.force === true || flags.skipPreflight === true || flags.yes === true) return true;
  const { state } = statusSchema.parse(await callTool('status', {}, context));
  if (state === 'running' || state === 'interrupted') return true; // spawn knows more about these
  const result = await callTool('preflight', { dir, wave: flags.wave, skip: flags.skip }, context);
  if (result['ok'] === true) return true;
  terminal.print('');
  printFailedChecks(result, terminal);
  exit.code = 4;
  return false;
}

async function mayStart(cli: Cli, dir: string | undefined, flags: Flags): Promise<boolean> {
  const { terminal } = cli;
  if (flags.yes === true) return true;
  if (!terminal.interactive) {
    if (dir === undefined && flags.resume !== true) {
      throw new O8Error('usage', 'which plan? o8 run needs its folder', 'o8 run <parallel-dir>');
    }
    const words = [
      dir,
      flags.retryFailed === true ? '--retry-failed' : null,
      flags.resume === true ? '--resume' : null,
    ];
    const again = `o8 run ${words.filter((word) => word !== null && word !== undefined).join(' ')} --yes`;
    throw new O8Error('usage', 'there is no terminal to ask on', again);
  }
  if (!(await confirm(question(dir, flags)))) {
    terminal.print('\nAborted.');
    return false;
  }
  if (flags.force !== true) return true;
  terminal.print(`\n${await overridden(cli)}`);
  if (await confirm('\nContinue?')) return true;
  terminal.print('\nAborted.');
  return false;
}

/** What `--force` overrides, by name where a live run is in the way. */
async function overridden({ terminal, context }: Cli): Promise<string> {
  const { supervisor, runId } = ownerSchema.parse(await callTool('status', {}, context));
  const moved = 'Old worktrees and branches in the way are moved aside, not deleted.';
  if (supervisor?.alive !== true) return moved;
  return [
    `${terminal.colors.yellow('Warning:')} Overriding existing lock (PID: ${String(supervisor.pid)})`,
    'This may cause conflicts if another execution is still running.',
    `Run ${runId ?? ''} is aborted first; its agents are stopped and its worktrees kept. ${moved}`,
  ].join('\n');
}

/** A retry or a resume goes on with a plan the user has seen; saying which is enough. */
function question(dir: string | undefined, flags: Flags): string {
  if (flags.retryFailed === true) return `Run the failed tasks of ${dir ?? 'the last run'} again. Continue?`;
  if (flags.resume === true) return 'Go on with the interrupted run. Continue?';
  return '\nContinue?';
}
