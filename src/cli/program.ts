import { Command, CommanderError } from 'commander';
import { VERSION } from '../core/version.js';
import type { ToolContext } from '../tools/define-tool.js';
import { abortCommand } from './abort-command.js';
import { attachCommand } from './attach-command.js';
import { speakThrough, usageError } from './commands/usage-error.js';
import { configCommand } from './config-command.js';
import { diffCommand } from './diff-command.js';
import { doctorCommand } from './doctor-command.js';
import { Exit } from './exit.js';
import { historyCommand } from './history-command.js';
import { integrateCommand, runChecksCommand } from './integrate-command.js';
import { logsCommand } from './logs-command.js';
import { mergeCommand } from './merge-command.js';
import { cleanupCommand, planCommand, preflightCommand, spawnCommand } from './tool-commands.js';
import { mcpCommand } from './mcp-command.js';
import { parallelCommand } from './parallel-command.js';
import { pauseCommand, unpauseCommand } from './pause-command.js';
import { printError } from './print-error.js';
import { renderCommand } from './render-command.js';
import { runCommand } from './run-command.js';
import { setupCommand } from './setup-command.js';
import { statusCommand } from './status-command.js';
import { openTerminal, type Terminal } from './terminal.js';
import { trustCommand } from './trust-command.js';

/** What every command needs of its surroundings. */
export interface Cli {
  readonly terminal: Terminal;
  readonly context: ToolContext;
  readonly exit: Exit;
  /** How the user calls these commands, for the ones a text names. */
  readonly spelling: 'o8' | 'o8 parallel';
}

/** The same commands again, for people and programs that know them by this name: not listed twice. */
const OTHER_NAMES = new Set(['parallel-config', 'run-checks']);

/** Runs one command line and gives its exit code. The only place where errors are turned into text. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const cli: Cli = {
    terminal: openTerminal(process.env),
    context: { cwd: process.cwd(), env: process.env, now: () => new Date() },
    exit: new Exit(),
    spelling: 'o8',
  };
  const program = new Command('o8')
    .description('Runs many coding agents at once on one git repository and brings all of their work back whole.')
    .version(VERSION)
    .exitOverride();
  for (const command of [
    runCommand(cli),
    parallelCommand(cli),
    planCommand(cli),
    preflightCommand(cli),
    spawnCommand(cli),
    statusCommand(cli),
    pauseCommand(cli),
    unpauseCommand(cli),
    abortCommand(cli),
    diffCommand(cli),
    mergeCommand(cli),
    cleanupCommand(cli),
    logsCommand(cli),
    attachCommand(cli),
    historyCommand(cli),
    doctorCommand(cli),
    trustCommand(cli),
    configCommand(cli, 'config'),
    configCommand(cli, 'parallel-config'),
    setupCommand(cli),
    renderCommand(cli),
    integrateCommand(cli),
    runChecksCommand(cli),
    mcpCommand(cli),
  ]) {
    program.addCommand(command.exitOverride(), { hidden: OTHER_NAMES.has(command.name()) });
  }
  speakThrough(cli.terminal, program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return cli.exit.code;
  } catch (error) {
    if (!(error instanceof CommanderError))
      return printError(error, cli.terminal, argv.includes('--json'), process.env);
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return 2; // the help is what is printed
    return printError(usageError(error, program, argv), cli.terminal, argv.includes('--json'), process.env);
  }
}
