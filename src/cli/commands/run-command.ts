import { Command } from 'commander';
import { generateOnly } from './generate-scripts.js';
import { addRunning, namedBy, spawnInput } from '../context/options.js';
import type { Cli } from '../context/cli-context.js';
import { startRun, type StartFlags } from './start-run.js';

/** `o8 run <dir | slugs…>`: show the plan, ask, spawn, follow until the end. */
export function runCommand(cli: Cli): Command {
  return addRunning(
    new Command('run').description('Show the plan, ask, start the agents and follow the run to its end'),
  )
    .argument('[plan...]', 'folder with a manifest.json, or feature slugs; not needed with --resume')
    .option('--generate-only', 'only write scripts/run-parallel.sh into the plan folder, to start the run later')
    .action(async (words: string[], flags: StartFlags & { readonly generateOnly?: boolean }) => {
      const named = namedBy(words, flags, cli.context.cwd);
      if (flags.generateOnly !== true || flags.dryRun === true) await startRun(cli, named, flags);
      else await generateOnly(cli, spawnInput(named, flags), flags.json === true);
    });
}
