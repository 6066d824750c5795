import { Command } from 'commander';
import { testRecovery, type CaseResult } from '../../recovery/test-recovery.js';
import type { Cli } from '../context/cli-context.js';
import { abortedBySignals } from '../context/interrupt.js';
import { safeLines } from '../context/terminal.js';

/** `o8 test-recovery`: seven interrupted runs, in throwaway repositories. Touches nothing of the user's. */
export function testRecoveryCommand({ terminal, context, exit }: Cli): Command {
  const { colors, print } = terminal;
  const line = ({ case: name, ok, why = '' }: CaseResult): string =>
    ok ? `${colors.green('✓')} ${name}` : `${colors.red('✗')} ${name}: ${safeLines(why)}`;
  return new Command('test-recovery')
    .description('Kill runs at seven points in throwaway repositories and check that they recover')
    .option('--json', 'print the results as JSON')
    .addHelpText(
      'after',
      `
Each case runs an epic with one task to a merged pull request, kills o8 with
SIGKILL on the way, repeats the command and checks that nothing was lost or done
twice. bd, gh and the agent are stand-ins: no login, network or tokens are used.
Takes up to 150 s. Exit code 1 if a case fails.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const stopped = abortedBySignals();
      try {
        const results = await testRecovery(context.env, stopped.signal, (result) => {
          if (json !== true) print(line(result));
        });
        const ok = results.every((result) => result.ok);
        if (json === true) print(JSON.stringify({ ok, cases: results }));
        exit.code = stopped.signal.aborted ? 130 : ok ? 0 : 1;
      } finally {
        stopped.forget();
      }
    });
}
