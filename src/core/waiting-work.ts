import type { TaskState } from './task-state.js';

/** Why finished work is not on the target yet, and the command that brings it there; null for a task without such work. */
export function waitingWork(
  runId: string,
  task: string,
  { state }: TaskState,
): { readonly why: string; readonly command: string } | null {
  const merge = `o8 merge --run ${runId} --task ${task}`;
  if (state === 'merge_conflict') return { why: 'its conflict is not resolved', command: `${merge} --resolve` };
  return state === 'merge_pending' ? { why: 'it waits to be merged', command: merge } : null;
}
