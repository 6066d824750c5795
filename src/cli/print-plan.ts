import { z } from 'zod';
import { safeLines, type Terminal } from './terminal.js';

const planSchema = z.object({ text: z.string() });

export function printPlan(result: unknown, { print }: Terminal): void {
  print(safeLines(planSchema.parse(result).text));
}
