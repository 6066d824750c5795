import * as z from 'zod';
import { trustSchema } from '../../core/trust/trust.js';
import { conflictsShape, oneLine, printConflicts } from './print-conflicts.js';
import { printTrust } from './print-trust.js';
import { safeLines, type Terminal } from '../context/terminal.js';

const planSchema = z.object({
  text: z.string(),
  base: z.string(),
  overlaps: z
    .array(z.object({ path: z.string(), tasks: z.array(z.string()), level: z.enum(['warn', 'fail']) }))
    .optional(),
  trust: trustSchema,
  ...conflictsShape,
});

/** The plan, and below it where its tasks may get in each other's way. */
export function printPlan(result: unknown, terminal: Terminal): void {
  const { colors, print } = terminal;
  const { text, base, trust, overlaps = [], ...expected } = planSchema.parse(result);
  print(safeLines(text));
  if (overlaps.length > 0) print(colors.yellow('\nOverlapping scopes:'));
  for (const { path, tasks } of overlaps) print(`  ${tasks.join(' and ')}: ${oneLine(path)}`);
  printConflicts(expected, base, { colors, print });
  printTrust(trust, terminal);
}
