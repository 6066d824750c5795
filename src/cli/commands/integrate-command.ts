import type { RunFlag } from '../../core/run/run-flag.js';
import { inTerminal, o8, placeholder } from '../../core/base/text.js';
import { RunFiles } from '../../tools/context/run-files.js';
import { openContext } from '../../tools/context/repository-context.js';
import { Command } from 'commander';
import { isAskedFor } from '../../core/report/integration.js';
import { O8Error } from '../../core/base/errors.js';
import { integratePlan, type IntegrateResult } from '../../tools/terminal/integrate-plan.js';
import { abortedBySignals } from '../context/interrupt.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';

interface Flags {
  readonly check?: readonly string[];
  readonly parallelDir?: string;
  readonly json?: boolean;
}

/** `o8 integrate [dir]`: checks the merged work of a run. */
export function integrateCommand(cli: Cli): Command {
  return checksCommand('integrate')
    .description("Check the merged work of a plan's last run and write integration-report.md; merges nothing")
    .action(async (word: string | undefined, flags: Flags) => {
      const dir = folderOf(word, flags);
      if (flags.check !== undefined) refuseInClaude(cli, dir);
      await integrate(cli, dir ?? null, flags);
    });
}

/**
 * The same under a name that is not in the allowed tools of `/parallel-integrate`: Claude Code asks its user before it
 * runs a `--check` command that a model chose.
 */
export function runChecksCommand(cli: Cli): Command {
  return checksCommand('run-checks')
    .description('Same as integrate; Claude Code asks before it runs this command')
    .action(async (word: string | undefined, flags: Flags) => {
      await integrate(cli, folderOf(word, flags) ?? null, flags);
    });
}

function checksCommand(name: string): Command {
  return new Command(name)
    .argument('[parallel-dir]', 'plan folder; default: the one of the newest run')
    .option('--parallel-dir <dir>', 'plan folder, as an option')
    .option(
      '--check <command>',
      'command to run instead of the default checks of the technology; can be repeated',
      also,
    )
    .option('--json', 'print the answer as JSON');
}

/** The plan folder, given as an argument or as the option that the slash command uses. */
function folderOf(word: string | undefined, { parallelDir }: Flags): string | undefined {
  if (word !== undefined && parallelDir !== undefined && word !== parallelDir) {
    throw new O8Error('usage', 'The plan folder is given twice.', o8('integrate', [parallelDir]));
  }
  return parallelDir ?? word;
}

function refuseInClaude({ context }: Cli, dir: string | undefined): void {
  if (context.env['CLAUDECODE'] === undefined) return;
  const message = 'Claude Code runs o8 integrate without asking, so --check is only allowed with run-checks.';
  throw new O8Error(
    'usage',
    message,
    o8('run-checks', dir === undefined ? [] : [dir], { check: placeholder('command') }),
  );
}

function also(command: string, before: readonly string[] = []): string[] {
  return [...before, command];
}

async function integrate({ terminal, context, exit }: Cli, dir: string | null, flags: Flags): Promise<void> {
  const interrupt = abortedBySignals();
  try {
    const result = await integratePlan(
      {
        dir,
        commands: flags.check ?? null,
        stop: interrupt.signal,
        announce: ({ command }) => {
          if (flags.json !== true) terminal.print(safeLines(`Running: ${command}`));
        },
      },
      context,
    );
    const lacks = result.checks.some(({ name, outcome }) => isAskedFor(name) && outcome === 'unavailable');
    if (result.status === 'failed' || result.status === 'incomplete' || lacks) exit.code = 1;
    if (flags.json === true) terminal.print(JSON.stringify(result));
    else print(result, await new RunFiles((await openContext(context)).home).flagOf(result.runId), terminal);
  } finally {
    interrupt.forget();
  }
}

function print(result: IntegrateResult, flag: RunFlag, { print: say, colors }: Cli['terminal']): void {
  const { status, tasks, checks, trespasses, target, commit, report } = result;
  say(safeLines(`\n=== Integration of ${target} at ${commit.slice(0, 12)} ===\n`));
  for (const { id, state, why, missing, onBase } of tasks) {
    const where = onBase ? `, on ${result.base}` : '';
    const mark = missing ? colors.red('✗') : state === 'complete' ? colors.green('✓') : '-';
    say(`${mark} ${safeLines(`${id}: ${state}${why === '' ? '' : ` (${why})`}${where}`)}`);
  }
  if (checks.length > 0) say('');
  for (const { command, outcome, seconds } of checks) {
    const mark = outcome === 'passed' ? colors.green('✓') : outcome === 'failed' ? colors.red('✗') : colors.yellow('•');
    say(`${mark} ${safeLines(command)}: ${outcome} (${String(seconds)}s)`);
  }
  if (trespasses.length > 0) say('');
  for (const { task, path, rule } of trespasses)
    say(`${colors.yellow('•')} ${safeLines(`${task}: ${path} (${rule})`)}`);
  say(`\nResult: ${status}\nReport: ${safeLines(report)}`);
  if (status === 'passed' && tasks.some(({ state, onBase }) => state === 'complete' && !onBase))
    say(`Next step: ${inTerminal(o8('merge', flag))}`);
}
