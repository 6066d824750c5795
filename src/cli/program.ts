import type { Cli } from './context/cli-context.js';
import { Command, CommanderError } from 'commander';
import { VERSION } from '../core/base/version.js';
import { speakThrough, usageError } from './context/usage-error.js';
import { Exit } from './context/exit.js';
import { printError } from './print/print-error.js';
import { openTerminal } from './context/terminal.js';

/** A command whose code is loaded when it is called, or when all commands are listed. */
export interface ListedCommand {
  readonly name: string;
  /** An alternative name, which the help does not list. */
  readonly isOtherName?: true;
  readonly load: (cli: Cli) => Promise<Command>;
}

/**
 * Runs one command line with the first argument naming one of `commands`, and gives its exit code. The only place where
 * errors are turned into text.
 */
export async function runCli(argv: readonly string[], commands: readonly ListedCommand[]): Promise<number> {
  const cli: Cli = {
    terminal: openTerminal(process.env),
    context: { cwd: process.cwd(), env: process.env, now: () => new Date(), reader: 'terminal' },
    exit: new Exit(),
    spelling: 'o8',
  };
  const program = new Command('o8')
    .description('Runs many coding agents at once on one git repository and merges their work safely.')
    .version(VERSION)
    .configureHelp({ subcommandTerm: (command) => command.name() }) // with arguments, descriptions exceed 80 columns
    .exitOverride();
  try {
    for (const { load, isOtherName = false } of neededFor(argv, commands))
      program.addCommand((await load(cli)).exitOverride(), { hidden: isOtherName });
    speakThrough(cli.terminal, program);
    await program.parseAsync([...argv], { from: 'user' });
    return cli.exit.code;
  } catch (error) {
    if (!(error instanceof CommanderError))
      return printError(error, cli.terminal, argv.includes('--json'), process.env);
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return 2; // commander has printed the help
    return printError(usageError(error, program, argv), cli.terminal, argv.includes('--json'), process.env);
  }
}

/** The command that is named, else all: for the help, and for what the user may have meant. */
function neededFor(argv: readonly string[], commands: readonly ListedCommand[]): readonly ListedCommand[] {
  const named = commands.filter(({ name }) => name === argv[0]);
  return named.length === 0 ? commands : named;
}
