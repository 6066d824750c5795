import type * as z from 'zod';

/** A line of an agent's output as an event that o8 reads; null for every other line. Never throws. */
export function parseEventLine<T>(event: z.ZodType<T>, line: string): T | null {
  if (!line.trimStart().startsWith('{')) return null;
  try {
    return event.safeParse(JSON.parse(line)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
