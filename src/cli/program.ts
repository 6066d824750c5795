import type { Cli } from './context/cli-context.js';
import { Command, CommanderError } from 'commander';
import { VERSION } from '../core/base/version.js';
import { abortCommand } from './commands/abort-command.js';
import { attachCommand } from './commands/attach-command.js';
import { speakThrough, usageError } from './context/usage-error.js';
import { configCommand } from './commands/config-command.js';
import { diffCommand } from './commands/diff-command.js';
import { doctorCommand } from './commands/doctor-command.js';
import { Exit } from './context/exit.js';
import { historyCommand } from './commands/history-command.js';
import { integrateCommand, runChecksCommand } from './commands/integrate-command.js';
import { logsCommand } from './commands/logs-command.js';
import { mergeCommand } from './commands/merge-command.js';
import { cleanupCommand, planCommand, preflightCommand, spawnCommand } from './commands/tool-commands.js';
import { mergerCommand } from './commands/merger-command.js';
import { mcpCommand } from './commands/mcp-command.js';
import { parallelCommand } from './commands/parallel-command.js';
import { pauseCommand, unpauseCommand } from './commands/pause-command.js';
import { printError } from './print/print-error.js';
import { renderCommand } from './commands/render-command.js';
import { runCommand } from './commands/run-command.js';
import { setupCommand } from './commands/setup-command.js';
import { statusCommand } from './commands/status-command.js';
import { workerCommand } from './commands/worker-command.js';
import { testRecoveryCommand } from './commands/test-recovery-command.js';
import { openTerminal } from './context/terminal.js';
import { trustCommand } from './commands/trust-command.js';

/** Alternative names of commands, which the help does not list. */
const OTHER_NAMES = new Set(['parallel-config', 'run-checks']);

/** Runs one command line and gives its exit code. The only place where errors are turned into text. */
export async function runCli(argv: readonly string[]): Promise<number> {
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
    workerCommand(cli),
    mergeCommand(cli),
    mergerCommand(cli),
    cleanupCommand(cli),
    logsCommand(cli),
    attachCommand(cli),
    historyCommand(cli),
    doctorCommand(cli),
    testRecoveryCommand(cli),
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
    if (error.code === 'commander.help') return 2; // commander has printed the help
    return printError(usageError(error, program, argv), cli.terminal, argv.includes('--json'), process.env);
  }
}
