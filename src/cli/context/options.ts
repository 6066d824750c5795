import type { Asked } from '../../tools/context/again-command.js';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { nameProblem } from '../../core/plan/names.js';
import type { Given } from './given.js';
import { keyOf, keyWords, namedBy as namedByWords, type NamedSource } from '../../core/plan/sources.js';

/** The argument's description. Its name cannot be longer: commander takes everything before the dots as the name. */
export const PLAN_WORDS = 'folder with a manifest.json, or feature slugs';

/** Flags shared by commands. Several names of one flag (`--max-agents`, `--max-concurrent`) set one value. */
export interface SelectionFlags {
  readonly epic?: string;
  readonly wave?: number;
  readonly skip?: string[];
}

export interface RunFlags extends SelectionFlags {
  readonly maxConcurrent?: number;
  readonly maxConcurrency?: number;
  readonly maxAgents?: number;
  readonly schedule?: Given<'plan'>['schedule'];
  readonly mergeInto?: Given<'plan'>['mergeInto'];
  readonly budgetUsd?: number;
  readonly retryFailed?: boolean;
  readonly task?: string;
  readonly run?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly skipPreflight?: boolean;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function decimal(text: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return Number(text);
}

function names(text: string, before: string[] | undefined): string[] {
  return [
    ...(before ?? []),
    ...text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ];
}

export function addSelection(command: Command): Command {
  return command
    .option('--epic <id>', "tasks of a Beads epic instead of a plan; 'all': every ready issue")
    .addOption(new Option('--wave <n>', 'only this wave').argParser(wholeNumber))
    .addOption(new Option('--skip <ids>', 'ids of tasks to leave out, comma-separated').argParser(names));
}

export function addPlanning(command: Command): Command {
  return addSelection(command)
    .addOption(new Option('--max-concurrent <n>', 'number of agents at a time').argParser(wholeNumber))
    .addOption(new Option('--max-agents <n>', 'the same').argParser(wholeNumber))
    .addOption(new Option('--max-concurrency <n>').argParser(wholeNumber).hideHelp())
    .addOption(
      new Option(
        '--schedule <how>',
        'deps: start a task when its dependencies are merged; waves: one wave after the other',
      ).choices(['deps', 'waves']),
    )
    .addOption(
      new Option('--merge-into <target>', 'where finished tasks are merged').choices([
        'integration',
        'base',
        'none',
        'pr',
      ]),
    );
}

export function addSpawning(command: Command): Command {
  return addPlanning(command)
    .option('--retry-failed', 'retry the failed tasks of the last run')
    .option('--task <id>', 'with --retry-failed: only this task')
    .option('--resume', 'continue an interrupted or aborted run')
    .option('--run <id>', 'with --resume or --retry-failed: run id')
    .option('--force', 'stop an active run; move old worktrees and branches aside')
    .option('--skip-preflight', 'start despite failed checks (not recommended)')
    .addOption(new Option('--budget-usd <n>', 'cost limit of the whole run in US dollars').argParser(decimal));
}

/** The flags of a command that follows a run. */
export function addRunning(command: Command): Command {
  return addSpawning(command)
    .option('--dry-run', 'show the plan and stop')
    .option('-y, --yes', 'do not ask for confirmation')
    .option('--verbose', "also print the agents' output")
    .option('--progress', 'print machine-readable [PROGRESS] lines')
    .option('--json', 'print the final status as JSON');
}

/** The plan folder, features or epic that the arguments name; paths are relative to `cwd`. Empty without arguments. */
export function namedBy(words: readonly string[], { epic }: SelectionFlags, cwd: string): NamedSource {
  const named = namedByWords(words, {
    isSlug: (word) => nameProblem(word) === null,
    isFolder: (word) => existsSync(resolve(cwd, word, 'manifest.json')),
  });
  return { ...named, epic };
}

/** The arguments of a command line that name this plan or these features. */
export function wordsOf(named: NamedSource): readonly string[] {
  const key = keyOf(named);
  return key === null ? [] : keyWords(key);
}

export function planInput(named: NamedSource, flags: RunFlags): Given<'plan'> {
  return {
    ...named,
    wave: flags.wave,
    skip: flags.skip,
    maxConcurrent: flags.maxConcurrent ?? flags.maxConcurrency ?? flags.maxAgents,
    schedule: flags.schedule,
    mergeInto: flags.mergeInto,
  };
}

/** The same input in the form from which a command is spelled again. */
export function askedBy(named: NamedSource, flags: RunFlags): Asked {
  const { run: runId, maxConcurrent, maxConcurrency, maxAgents, ...same } = flags;
  return { ...named, ...same, runId, maxConcurrent: maxConcurrent ?? maxConcurrency ?? maxAgents };
}

export function spawnInput(named: NamedSource, flags: RunFlags): Given<'spawn'> {
  return {
    ...planInput(named, flags),
    retryFailed: flags.retryFailed,
    task: flags.task,
    runId: flags.run,
    resume: flags.resume,
    force: flags.force,
    skipPreflight: flags.skipPreflight,
    budgetUsd: flags.budgetUsd,
  };
}
