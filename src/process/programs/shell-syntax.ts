import type { ShellFacts } from '../../core/preflight/shell-commands.js';
import { quietFault } from '../../core/preflight/quiet-fault.js';
import { commandWord } from '../../core/preflight/command-word.js';
import { agentEnvironment } from './agent-environment.js';
import { findProgram, runProgram, type ProgramResult } from './run-program.js';

/** Parsing a command takes milliseconds, but on a busy machine starting a program was seen to take seconds. */
const TIMEOUT_MS = 15_000;
/** More shells in parallel are not faster. */
const AT_A_TIME = 8;
/** Prints those of its arguments that are not a command, function or keyword. */
const MISSING = 'for word do command -v -- "$word" >/dev/null 2>&1 || printf "%s\\n" "$word"; done';

/** The syntax errors that the shell for these commands (`sh`, as in `runShellCommand`) reports without running them. */
export async function checkShellCommands(
  commands: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<ShellFacts> {
  const distinct = [...new Set(commands)];
  const run = async (argv: readonly [string, ...string[]]): Promise<ProgramResult> =>
    runProgram(argv, { cwd, env: agentEnvironment(env, { LC_ALL: 'C' }), timeoutMs: TIMEOUT_MS, logFile: null });
  const bash = distinct.length === 0 ? null : await findProgram('bash', env);
  const faults: ShellFacts['faults'][number][] = [];
  for (let at = 0; at < distinct.length; at += AT_A_TIME) {
    const some = distinct.slice(at, at + AT_A_TIME);
    const results = await Promise.all(
      some.map(async (command) => {
        const result = await run(['sh', '-n', '-c', command]);
        if (result.timedOut) return null;
        if (result.code === 0) {
          // Only bash reports an unfinished here-document, and only as a warning; sh would treat the rest of the
          // command as text.
          const warned = command.includes('<<') && bash !== null ? await run([bash, '-n', '-c', command]) : result;
          const said = quietFault(command, warned.outputTail);
          return said === null ? null : { command, said, isBash: false };
        }
        const isBash = bash !== null && (await run([bash, '-n', '-c', command])).code === 0;
        return { command, said: result.outputTail.trim(), isBash };
      }),
    );
    faults.push(...results.filter((found) => found !== null));
  }
  const broken = new Set(faults.map(({ command }) => command));
  const words = distinct.flatMap((command) => {
    const word = broken.has(command) ? null : commandWord(command);
    return word === null ? [] : [{ command, word }];
  });
  if (words.length === 0) return { faults, missing: [] };
  const { outputTail, code } = await run(['sh', '-c', MISSING, 'sh', ...new Set(words.map(({ word }) => word))]);
  const missing = new Set(code === 0 ? outputTail.split('\n') : []);
  return { faults, missing: words.filter(({ word }) => missing.has(word)) };
}
