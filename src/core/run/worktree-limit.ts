import type { Plan, PlannedTask } from '../plan/plan.js';
import { isPublished, type TaskRecord } from './run-state.js';
import { isInMergeQueue } from './task-state.js';

/**
 * Merging and removing may fall behind agents that end quickly; then new tasks wait, so that worktrees do not fill the
 * disk. As many as the merge queue takes at once, one of them for the scratch worktree of its check.
 */
const MOST_WAITING = 15;

/** How many worktrees a run may have at once, beside those that wait for a person or the forge. */
export function mostWorktrees({ settings }: Plan): number {
  return settings.maxConcurrency + MOST_WAITING;
}

/**
 * Worktrees that o8 itself uses up: of agents, in the merge queue, or about to be removed. Those that wait for a person
 * or for the forge do not count, because the rest of the run must not wait for these.
 */
export function passingWorktrees(
  tasks: readonly { readonly task: PlannedTask; readonly record: TaskRecord }[],
  { busyTasks, untidy }: { readonly busyTasks: ReadonlySet<string>; readonly untidy: ReadonlySet<string> },
): number {
  return tasks.filter(({ task, record }) => {
    const { state, worktree } = record;
    if (untidy.has(task.id)) return true;
    if (state.state === 'queued') return busyTasks.has(task.id);
    if (state.state === 'worktree_created' || state.state === 'running') return true;
    return worktree === 'present' && isInMergeQueue(state) && !isPublished(record);
  }).length;
}

export function worktreesText(used: number): string {
  return `${String(used)} worktrees are in use, or wait to be merged and removed`;
}
