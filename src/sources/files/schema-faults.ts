import type * as z from 'zod';
import type { Fault } from '../../core/base/errors.js';
import { inputProblems, pathText } from '../../core/input/schema-words.js';
import { clipped } from '../../core/text/bounds.js';
import { printable } from '../../core/text/untrusted-text.js';

/** A failed schema validation. */
export interface Refused {
  readonly schema: z.ZodType;
  readonly input: unknown;
  readonly error: z.ZodError;
}

/**
 * Converts schema issues into faults of a file. `fixes` contains, per key, what to write instead; the last key of an
 * issue's path that has an entry is used.
 */
export function schemaFaults(
  file: string,
  at: readonly string[],
  { schema, input, error }: Refused,
  fixes: Readonly<Record<string, string>>,
): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = [...at, ...issue.path.map(String)];
    const name = pathText(path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        file,
        problem: `unknown key ${name === '' ? '' : `${name}.`}${printable(clipped(key))}`,
        fix: fixes['unknown'] ?? 'Remove it.',
      }));
    }
    const fix = path.reduce(
      (found, key) => (Object.hasOwn(fixes, key) ? (fixes[key] ?? found) : found),
      'Correct the value.',
    );
    return inputProblems(schema, input, [issue]).map(({ problem }) => ({
      file,
      problem: `${name === '' ? 'the file' : name}: ${problem}`,
      fix,
    }));
  });
}
