import type { ToolAnswer } from '../../tools/catalogue.js';
import { oneLine, printConflicts } from './print-conflicts.js';
import { printTrust } from './print-trust.js';
import { safeLines, type Terminal } from '../context/terminal.js';

/** Prints the plan, and below it overlapping scopes and expected conflicts. */
export function printPlan(plan: ToolAnswer<'plan'>, terminal: Terminal): void {
  const { colors, print } = terminal;
  const { text, base, trust, overlaps = [], ...expected } = plan;
  print(safeLines(text));
  if (overlaps.length > 0) print(colors.yellow('\nOverlapping scopes:'));
  for (const { path, tasks } of overlaps) print(`  ${tasks.join(' and ')}: ${oneLine(path)}`);
  printConflicts(expected, base, { colors, print });
  printTrust(trust, terminal);
}
