import { trustLines } from '../../core/trust/trust-text.js';
import type { TrustAnswer } from '../../core/trust/trust.js';
import { safeLines, type Terminal } from '../context/terminal.js';

/** What a terminal is taken to be as wide as where nobody says. */
const COLUMNS = 120;

/** What the repository brings, in full while somebody still has to agree to it, by name afterwards. */
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

/** What has to be seen before anybody agrees, as wide as the terminal, nothing cut. */
export function printTrustItems(
  items: Parameters<typeof trustLines>[0],
  { print, colors }: Pick<Terminal, 'print' | 'colors'>,
): void {
  const [first = '', ...lines] = trustLines(items, process.stdout.isTTY ? process.stdout.columns : COLUMNS);
  print([colors.yellow(first), ...lines.map(safeLines)].join('\n'));
}
