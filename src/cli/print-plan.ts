import * as z from 'zod';
import { conflictsShape, oneLine, printConflicts } from './print-conflicts.js';
import { safeLines, type Terminal } from './terminal.js';

const planSchema = z.object({
  text: z.string(),
  base: z.string(),
  overlaps: z
    .array(z.object({ path: z.string(), tasks: z.array(z.string()), level: z.enum(['warn', 'fail']) }))
    .optional(),
  ...conflictsShape,
});

/** The plan, and below it where its tasks may get in each other's way. */
export function printPlan(result: unknown, { colors, print }: Terminal): void {
  const { text, base, overlaps = [], ...expected } = planSchema.parse(result);
  print(safeLines(text));
  if (overlaps.length > 0) print(colors.yellow('\nOverlapping scopes:'));
  for (const { path, tasks } of overlaps) print(`  ${tasks.join(' and ')}: ${oneLine(path)}`);
  printConflicts(expected, base, { colors, print });
}
