import { text, type Text } from './text.js';

/**
 * One finding of preflight. `id` names the check, which may report several findings; `hint` is the exact next command,
 * empty if the check passed; `tasks` are the ids concerned, none for the whole run.
 */
export interface Check {
  readonly id: string;
  readonly level: 'pass' | 'warn' | 'fail';
  readonly message: string;
  readonly hint: Text;
  readonly tasks: readonly string[];
}

export function pass(id: string, message: string): Check {
  return { id, level: 'pass', message, hint: '', tasks: [] };
}

export function warn(id: string, message: string, hint: Text, tasks: readonly string[] = []): Check {
  return { id, level: 'warn', message, hint, tasks };
}

export function fail(id: string, message: string, hint: Text, tasks: readonly string[] = []): Check {
  return { id, level: 'fail', message, hint, tasks };
}

/** A warning in the answer of a start, with its hint in parentheses. */
export function warningText({ message, hint }: Pick<Check, 'message' | 'hint'>): Text {
  return hint === '' ? message : text`${message} (${hint})`;
}

/** The findings, or a passed check if there are none. */
export function findingsOr(findings: readonly Check[], id: string, message: string): readonly Check[] {
  return findings.length > 0 ? findings : [pass(id, message)];
}

/** A caller acts on the first few findings of a kind; hundreds would only fill its context. */
const MOST_OF_A_KIND = 20;

/** The first findings of each kind, and how many more there are. */
export function firstOfEachKind(checks: readonly Check[]): Check[] {
  const counts = new Map<string, number>();
  for (const { id } of checks) counts.set(id, (counts.get(id) ?? 0) + 1);
  const seen = new Map<string, number>();
  return checks.flatMap((check) => {
    const number = (seen.get(check.id) ?? 0) + 1;
    seen.set(check.id, number);
    if (number <= MOST_OF_A_KIND) return [check];
    if (number > MOST_OF_A_KIND + 1) return [];
    const rest = (counts.get(check.id) ?? 0) - MOST_OF_A_KIND;
    return [{ ...check, message: `${String(rest)} more of the same kind`, hint: check.hint }];
  });
}

/** The first few items of a list and how many more there are. */
export function someOf(items: readonly string[], most = 5): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(', ')} and ${String(rest)} more` : items.join(', ');
}
