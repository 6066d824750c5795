import * as z from 'zod';

const objectSchema = z.record(z.string(), z.unknown()).catch({});

/** {} for what is no object. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return objectSchema.parse(value);
}

/** '' for what is no text. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
