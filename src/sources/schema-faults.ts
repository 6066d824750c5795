import type * as z from 'zod';
import type { Fault } from '../core/errors.js';
import { printable } from '../core/untrusted-text.js';

/**
 * A schema's issues as faults of a file. `fixes` holds, per key, what to write instead; the last key of an issue's
 * path that has one decides.
 */
export function schemaFaults(
  file: string,
  at: readonly string[],
  issues: readonly z.core.$ZodIssue[],
  fixes: Readonly<Record<string, string>>,
): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path.map(String)];
    const name = pathText(path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        file,
        problem: `unknown key ${name === '' ? '' : `${name}.`}${printable(key)}`,
        fix: fixes['unknown'] ?? 'Remove it.',
      }));
    }
    const fix = path.reduce(
      (found, key) => (Object.hasOwn(fixes, key) ? (fixes[key] ?? found) : found),
      'Correct the value.',
    );
    return [
      {
        file,
        problem: `${name === '' ? 'the file' : name}: ${printable(issue.message.replace('Invalid input: ', ''))}`,
        fix,
      },
    ];
  });
}

/** `waves[0].tasks[1].id` */
function pathText(path: readonly string[]): string {
  return path
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? printable(part) : `.${printable(part)}`))
    .join('');
}
