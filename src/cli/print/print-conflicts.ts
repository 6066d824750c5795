import type { ExpectedConflictsAnswer } from '../../tools/predict/expected-conflicts.js';
import { safeLines, type Terminal } from '../context/terminal.js';

const MOST_FILES = 5; // per conflict; --json has more

/** Prints which branches are expected to conflict. `target`: the branch they are merged into. */
export function printConflicts(
  { conflicts = [], moreConflicts = 0, conflictsUnknown }: ExpectedConflictsAnswer,
  target: string,
  { colors, print }: Pick<Terminal, 'colors' | 'print'>,
): void {
  if (conflicts.length > 0) print(colors.yellow('\nExpected conflicts:'));
  for (const { tasks, files, moreFiles = 0 } of conflicts) {
    const [one = '', other = target] = tasks;
    const unnamed = Math.max(0, files.length - MOST_FILES) + moreFiles;
    const names = [...files.slice(0, MOST_FILES).map(oneLine), ...(unnamed > 0 ? [`${String(unnamed)} more`] : [])];
    print(`  ${one} and ${other}: ${names.join(', ')}`);
  }
  if (moreConflicts > 0) print(`  and ${String(moreConflicts)} more`);
  if (conflictsUnknown !== undefined) print(`\nExpected conflicts are not known: ${safeLines(conflictsUnknown)}`);
}

/** Only conflicts of two tasks with each other. */
export function betweenTasks({
  conflicts,
  moreConflicts,
  conflictsUnknown,
}: ExpectedConflictsAnswer): ExpectedConflictsAnswer {
  return { conflicts: conflicts?.filter(({ tasks }) => tasks.length > 1), moreConflicts, conflictsUnknown };
}

/** Prints a merge order with fewer conflicts, if there is one. */
export function printOrder(order: readonly string[] | undefined, { print }: Pick<Terminal, 'print'>): void {
  if (order !== undefined) print(`\nFewest conflicts in this order: ${order.join(', ')}`);
}

/** A path can contain a newline, which would break the line it is printed in. */
export function oneLine(path: string): string {
  return safeLines(path.replaceAll('\n', '?'));
}
