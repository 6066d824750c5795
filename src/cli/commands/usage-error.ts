import type { Command, CommanderError } from 'commander';
import { O8Error } from '../../core/errors.js';

/** What commander says of a command line, as every other error; `argv` tells whose help has the rest. */
export function usageError(error: CommanderError, program: Command, argv: readonly string[]): O8Error {
  const text = error.message.replace(/^error: /, '');
  return new O8Error('usage', text.charAt(0).toUpperCase() + text.slice(1), `${commandOf(program, argv)} --help`);
}

/** commander's own report of an error is left out, here and below: `usageError` is printed instead. */
export function silenceErrors(command: Command): void {
  command.configureOutput({ outputError: () => undefined });
  for (const each of command.commands) silenceErrors(each);
}

function commandOf(program: Command, argv: readonly string[]): string {
  let command = program;
  const words = [program.name()];
  for (const word of argv) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) continue;
    command = next;
    words.push(word);
  }
  return words.join(' ');
}
