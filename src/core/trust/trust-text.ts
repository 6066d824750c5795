import { o8, text } from '../base/text.js';
import { wrappedLines } from '../text/shown-text.js';
import { counted } from '../text/counted.js';
import { O8Error } from '../base/errors.js';
import { pass, someOf, warn, type Check } from '../base/check.js';
import { printable } from '../text/untrusted-text.js';
import type { Trust } from './trust.js';

/** The command for the user. */
const TRUST_COMMAND = o8('trust');

/** The preflight finding: a run does not start before the user has agreed, but the plan can be shown. */
export function trustCheck({ needed, items }: Trust): Check {
  if (items.length === 0) return pass('trust', 'The repository contains no settings that run programs');
  const from = someOf(items.map((item) => printable(item.from)));
  if (!needed) return pass('trust', `Accepted on this machine: ${from}`);
  return warn(
    'trust',
    `The repository contains settings that run programs or change what agents may do and that are not yet accepted on this machine: ${from}`,
    text`${TRUST_COMMAND}   (shows them and asks)`,
  );
}

/** O8Error `untrusted`. */
export function refuseUntrusted({ needed, items }: Trust): void {
  if (!needed) return;
  throw untrustedError(items.map(({ from }) => from));
}

export function untrustedError(from: readonly string[]): O8Error {
  const names = from.map((name) => `  ${printable(name)}`).join('\n');
  return new O8Error(
    'untrusted',
    `This repository contains settings that run programs or change what agents may do. You have not accepted them yet:\n${names}`,
    TRUST_COMMAND,
  );
}

interface ShownItem {
  readonly from: string;
  readonly what: string;
}

/** Everything the user has to accept, for a terminal of this many columns, without shortening. */
export function trustLines(items: readonly ShownItem[], columns: number): string[] {
  const verbs = items.length === 1 ? ['runs', 'changes'] : ['run', 'change'];
  const bring = `The repository contains ${counted(items.length, 'file')} that ${verbs.join(' programs or ')} what agents may do:`;
  return [bring, ...items.flatMap(({ from, what }) => ['', from, ...wrappedLines(what.replace(/\n$/, ''), columns)])];
}
