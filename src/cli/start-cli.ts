import { armFailpoint } from '../process/base/arm-failpoint.js';
import { runCli, type ListedCommand } from './program.js';

/** Runs this process's command line with these commands and sets the exit code. */
export async function start(commands: readonly ListedCommand[]): Promise<void> {
  armFailpoint();

  // `o8 logs … | head` closes the pipe early. That is not an error, and a run continues without this process.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });

  const code = await runCli(process.argv.slice(2), commands);
  process.exitCode = code;
  // After a second Ctrl+C the process ends at once, without waiting for pending work; printed text is written out first.
  if (code === 130) process.stdout.write('', () => process.exit(code));
}
