import type { Command, CommanderError } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import { clipped } from '../../core/text/bounds.js';
import type { Terminal } from './terminal.js';

/** Enough to recognise the flag and the value; a long argument is not repeated in full. */
const MOST_CHARACTERS = 300;

/** commander's error as an O8Error; `argv` tells which command's help is the hint. */
export function usageError(error: CommanderError, program: Command, argv: readonly string[]): O8Error {
  const text = clipped(error.message.replace(/^error: /, ''), MOST_CHARACTERS);
  return new O8Error('usage', text.charAt(0).toUpperCase() + text.slice(1), `${commandOf(program, argv)} --help`);
}

/**
 * Makes commander print its help through `terminal`. Its own error message is not printed: `usageError` is printed
 * instead.
 */
export function speakThrough(terminal: Terminal, command: Command): void {
  command.configureOutput({
    writeOut: (text) => {
      terminal.print(text.replace(/\n$/, ''));
    },
    writeErr: (text) => {
      terminal.warn(text.replace(/\n$/, ''));
    },
    outputError: () => undefined,
  });
  for (const each of command.commands) speakThrough(terminal, each);
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
