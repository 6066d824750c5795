import { wrappedLines } from '../text/shown-text.js';
import { counted } from '../text/counted.js';
import { O8Error } from '../base/errors.js';
import { pass, someOf, warn, type Check } from '../base/check.js';
import { printable } from '../text/untrusted-text.js';
import type { Trust } from './trust.js';

/** What people are told to run. */
const TRUST_COMMAND = 'o8 trust';

/** The finding of preflight: a run does not start before somebody has agreed, but the plan can be looked at. */
export function trustCheck({ needed, items }: Trust): Check {
  if (items.length === 0) return pass('trust', 'The repository brings no settings of its own that run something');
  const from = someOf(items.map((item) => printable(item.from)));
  if (!needed) return pass('trust', `Accepted on this machine: ${from}`);
  return warn(
    'trust',
    `The repository brings settings that run programs or change what agents may do, not accepted on this machine yet: ${from}`,
    `${TRUST_COMMAND}   (shows them and asks)`,
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
    `This repository brings settings that run programs or change what agents may do. You have not accepted them yet:\n${names}`,
    TRUST_COMMAND,
  );
}

interface ShownItem {
  readonly from: string;
  readonly what: string;
}

/** Everything that has to be agreed to, for a terminal of this many columns: nothing cut. */
export function trustLines(items: readonly ShownItem[], columns: number): string[] {
  const verbs = items.length === 1 ? ['runs', 'changes'] : ['run', 'change'];
  const bring = `The repository brings ${counted(items.length, 'file')} that ${verbs.join(' programs or ')} what agents may do:`;
  return [bring, ...items.flatMap(({ from, what }) => ['', from, ...wrappedLines(what.replace(/\n$/, ''), columns)])];
}
