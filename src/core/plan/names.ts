import type { Fault } from '../base/errors.js';
import { quote } from '../text/untrusted-text.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** The rule for names, as a hint. */
export const NAME_RULE =
  'Use 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, without "..", not ending in "." or ".lock".';

/**
 * What is wrong with a task's id, a task file's stem or a feature's slug; null if it is valid. Names become folders and
 * branches, so the rule is the strictest of git's ref format and the supported file systems.
 */
export function nameProblem(name: string): string | null {
  if (!NAME.test(name)) return `${quote(name)} is not a valid name`;
  if (name.includes('..')) return `${quote(name)} is not a valid name: it contains ".."`;
  if (name.endsWith('.')) return `${quote(name)} is not a valid name: it ends in "."`;
  if (name.toLowerCase().endsWith('.lock')) return `${quote(name)} is not a valid name: it ends in ".lock"`;
  return null;
}

/** The branch of a task or feature. */
export function branchOf(stem: string): string {
  return `feature/${stem}`;
}

export interface NamedTask {
  readonly id: string;
  readonly stem: string;
  /** The file that contains the name, for messages. */
  readonly file: string;
}

/**
 * Faults of all names of a plan: each on its own, then ids and stems compared with each other, ignoring case (as macOS
 * folders do), because users may refer to a task by its id or its stem.
 */
export function nameFaults(tasks: readonly NamedTask[]): Fault[] {
  const faults: Fault[] = [];
  const owners = new Map<string, { readonly task: NamedTask; readonly name: string }>();
  for (const task of tasks) {
    const problems = [...new Set([nameProblem(task.id), nameProblem(task.stem)])].filter((problem) => problem !== null);
    faults.push(...problems.map((problem) => ({ file: task.file, problem, fix: NAME_RULE })));
    if (problems.length > 0) continue;
    for (const name of new Set([task.id, task.stem])) {
      const owner = owners.get(name.toLowerCase());
      if (owner === undefined) owners.set(name.toLowerCase(), { task, name });
      else if (owner.task !== task) {
        faults.push(collision(task, name, owner.task, owner.name));
        break;
      }
    }
  }
  return faults;
}

function collision(task: NamedTask, name: string, other: NamedTask, otherName: string): Fault {
  const where = other.file === task.file ? 'another task' : other.file;
  const problem =
    task.id === other.id
      ? `duplicate id ${quote(name)}, also used by ${where}`
      : name === otherName
        ? `${quote(name)} is also the name of the task in ${where}`
        : `${quote(name)} and ${quote(otherName)} (${where}) differ only in upper and lower case`;
  return { file: task.file, problem, fix: 'Give every task a unique id and file name.' };
}
