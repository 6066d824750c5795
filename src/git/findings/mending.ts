import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/text/shell-quote.js';

/** `git` in the task's worktree, for a command that a person types. */
export function gitAt({ worktree }: PlannedTask): string {
  return `git -C ${shellQuote(worktree)}`;
}

/** Makes the worktree of a task that has none any more; nothing where it is there. */
export function worktreeCommands({ worktree, branch }: PlannedTask): string[] {
  return existsSync(join(worktree, '.git'))
    ? []
    : [`git worktree add -f -f ${shellQuote(worktree)} ${shellQuote(branch)}`]; // twice: the record of the old one is locked
}

/** Takes a path off the branch again, or puts back what the target has there. */
export function takeBackCommands(task: PlannedTask, path: string, onto: string | null): string[] {
  const at = gitAt(task);
  const quoted = shellQuote(path);
  const change = onto === null ? `rm -rqf -- ${quoted}` : `checkout ${onto.slice(0, 12)} -- ${quoted}`;
  const message = onto === null ? `Remove ${path}` : `Restore ${path}`;
  return [...worktreeCommands(task), `${at} ${change}`, `${at} commit -m ${shellQuote(message)}`];
}
