import { O8Error } from '../../core/base/errors.js';
import type { ProgramAnswer } from '../../core/base/program-answer.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { clipped } from '../../core/text/bounds.js';
import { printable } from '../../core/text/untrusted-text.js';

/** Enough for what bd says in an error. */
const MOST_OF_A_MESSAGE = 400;
const OLDEST = '1.0';

/** The command as a person repeats it; the first words say which one it was. */
function command(program: string, words: readonly string[]): string {
  return [program, ...words].map((word) => shellQuote(clipped(word))).join(' ');
}

/** bd itself is missing, or not one that o8 knows. */
export function notInstalled(program: string, why: string): O8Error {
  return new O8Error(
    'refused',
    `Beads is not available: ${printable(why)}`,
    `install bd ${OLDEST} or newer (https://github.com/steveyegge/beads), then: ${shellQuote(program)} --version`,
  );
}

export function unknownVersion(program: string, line: string, version: string | null): O8Error {
  const said =
    version === null ? `its version is not in ${JSON.stringify(clipped(printable(line)))}` : `it is version ${version}`;
  return new O8Error(
    'refused',
    `o8 works with bd ${OLDEST} up to 1.x; of ${printable(program)}, ${said}.`,
    `install bd ${OLDEST} or newer of version 1, then: ${shellQuote(program)} --version`,
  );
}

/** It did not do what it was asked, and may do it later. */
export function failedCall(program: string, words: readonly string[], answer: ProgramAnswer, said: string): O8Error {
  const what = `${program} ${words.slice(0, 2).join(' ')}`;
  const quoted = said.trim().replace(/^Error: /, '');
  const why = quoted === '' ? `it ended with exit code ${String(answer.code)} and said nothing` : quoted;
  return new O8Error(
    'beads_failed',
    `${printable(what)} failed: ${clipped(printable(why), MOST_OF_A_MESSAGE)}`,
    command(program, words),
  );
}

export function gaveUpCall(
  program: string,
  words: readonly string[],
  answer: ProgramAnswer,
  timeoutMs: number,
): O8Error {
  const what = printable(`${program} ${words.slice(0, 2).join(' ')}`);
  switch (answer.gaveUp) {
    case 'too_much':
      return new O8Error('beads_failed', `${what} printed more than 64 MB and was stopped`, command(program, words));
    case 'stopped':
      return new O8Error('interrupted', `${what} was stopped`, command(program, words));
    case 'timeout':
    case null:
      return new O8Error('timed_out', `${what} timed out after ${String(timeoutMs / 1000)} s`, command(program, words));
  }
}

/** There is no database of Beads in the repository. */
export function noDatabase(program: string, root: string): O8Error {
  return new O8Error(
    'refused',
    `${root} has no Beads database (.beads)`,
    `cd ${shellQuote(root)} && ${shellQuote(program)} init`,
  );
}
