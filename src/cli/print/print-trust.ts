import { trustLines } from '../../core/trust/trust-text.js';
import type { TrustAnswer } from '../../core/trust/trust.js';
import { safeLines, type Terminal } from '../context/terminal.js';

/** Used when the width of the terminal is not known. */
const COLUMNS = 120;

/** Prints the repository's files that need consent: in full before they are accepted, by name afterwards. */
export function printTrust({ needed, items = [] }: TrustAnswer, output: Pick<Terminal, 'print' | 'colors'>): void {
  if (items.length === 0) return;
  if (needed) {
    output.print('');
    printTrustItems(items, output);
    output.print('\nNot accepted on this machine yet: o8 trust');
  } else {
    output.print(
      safeLines(`\nAccepted on this machine: ${items.map(({ from }) => from).join(', ')} (o8 trust shows them)`),
    );
  }
}

/** Prints these files in full, wrapped to the width of the terminal. */
export function printTrustItems(
  items: Parameters<typeof trustLines>[0],
  { print, colors }: Pick<Terminal, 'print' | 'colors'>,
): void {
  const [first = '', ...lines] = trustLines(items, process.stdout.isTTY ? process.stdout.columns : COLUMNS);
  print([colors.yellow(first), ...lines.map(safeLines)].join('\n'));
}
