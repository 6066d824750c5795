/**
 * One finding of preflight. `id` says which check found it and comes again when it found several things; `hint` is
 * the exact next command, empty when the check passed; `tasks` are the ids it concerns, none for the run as a whole.
 */
export interface Check {
  readonly id: string;
  readonly level: 'pass' | 'warn' | 'fail';
  readonly message: string;
  readonly hint: string;
  readonly tasks: readonly string[];
}

export function pass(id: string, message: string): Check {
  return { id, level: 'pass', message, hint: '', tasks: [] };
}

export function warn(id: string, message: string, hint: string, tasks: readonly string[] = []): Check {
  return { id, level: 'warn', message, hint, tasks };
}

export function fail(id: string, message: string, hint: string, tasks: readonly string[] = []): Check {
  return { id, level: 'fail', message, hint, tasks };
}

/** What was found, or that nothing was. */
export function findingsOr(findings: readonly Check[], id: string, message: string): readonly Check[] {
  return findings.length > 0 ? findings : [pass(id, message)];
}

/** The first few of a list and how many more there are. */
export function someOf(items: readonly string[], most = 5): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(', ')} and ${String(rest)} more` : items.join(', ');
}
