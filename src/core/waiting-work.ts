import type { TaskState } from './task-state.js';

/** Opens a task's conflict in its worktree. */
export function resolveCommand(runId: string, task: string): string {
  return `o8 merge --run ${runId} --task ${task} --resolve`;
}

/** Why finished work is not on the target yet, and the command that brings it there; null for a task without such work. */
export function waitingWork(
  runId: string,
  task: string,
  { state }: TaskState,
): { readonly why: string; readonly command: string } | null {
  if (state === 'merge_conflict') return { why: 'its conflict is not resolved', command: resolveCommand(runId, task) };
  if (state !== 'merge_pending') return null;
  return { why: 'it waits to be merged', command: `o8 merge --run ${runId} --task ${task}` };
}
