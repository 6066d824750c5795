import { o8, type Command } from '../base/text.js';
import { mergeAgain } from '../held/finding.js';
import { heldOfTask, type TaskState } from '../run/task-state.js';

/** Starts resolving a task's conflict in its worktree. */
export function resolveCommand(runId: string, task: string): Command {
  return o8('merge', { run: runId, task, resolve: true });
}

/** Why finished work is not on the target yet, and the command that merges it; null for a task without such work. */
export function waitingWork(
  runId: string,
  task: string,
  state: TaskState,
): { readonly why: string; readonly command: Command } | null {
  if (state.state === 'merge_conflict')
    return { why: 'its conflict is not resolved', command: resolveCommand(runId, task) };
  if (state.state !== 'merge_pending') return null;
  const held = heldOfTask(state);
  const why =
    held === null ? 'it is waiting to be merged' : `held: ${held.findings[0]?.what ?? 'waiting for your decision'}`;
  return { why, command: mergeAgain(runId, task) };
}
