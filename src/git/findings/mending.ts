import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/base/shell-quote.js';

/** `git` in the task's worktree, for a command that the user types. */
export function gitAt({ worktree }: PlannedTask): string {
  return `git -C ${shellQuote(worktree)}`;
}

/** The command that recreates a task's missing worktree; none if it exists. */
export function worktreeCommands({ worktree, branch }: PlannedTask): string[] {
  return existsSync(join(worktree, '.git'))
    ? []
    : // --force twice: the record of the old worktree is locked
      [`git worktree add -f -f ${shellQuote(worktree)} ${shellQuote(branch)}`];
}

/** Commands that remove a path from the branch, or restore the target's version. */
export function takeBackCommands(task: PlannedTask, path: string, onto: string | null): string[] {
  const at = gitAt(task);
  const quoted = shellQuote(path);
  const change = onto === null ? `rm -rqf -- ${quoted}` : `checkout ${onto.slice(0, 12)} -- ${quoted}`;
  const message = onto === null ? `Remove ${path}` : `Restore ${path}`;
  return [...worktreeCommands(task), `${at} ${change}`, `${at} commit -m ${shellQuote(message)}`];
}

/** Renames a file to a unique name that contains the task. */
export function renameCommands(task: PlannedTask, path: string): string[] {
  const { dir, name, ext } = posix.parse(path);
  const to = posix.join(dir, `${name}-${task.id}${ext}`);
  const at = gitAt(task);
  return [
    ...worktreeCommands(task),
    `${at} mv -- ${shellQuote(path)} ${shellQuote(to)}`,
    `${at} commit -m ${shellQuote(`Rename ${path}`)}`,
  ];
}
