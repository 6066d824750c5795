import { sourceOf } from '../../core/plan/sources.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { ownReason } from '../../git/worktrees/own-worktree.js';
import { lockWorktree, unlockWorktree } from '../../git/worktrees/worktrees.js';
import { errorText } from '../run/error-text.js';
import { recordOf, type Run } from '../run/run.js';

/** Why git keeps a task's worktree from being removed. */
export function lockReason({ plan }: Run, task: PlannedTask): string {
  return ownReason(plan.runId, `task ${task.id}`);
}

/** Nobody removes a worktree below an agent. Only within the task's job, as all of this file. */
export async function lockForAgent(run: Run, task: PlannedTask): Promise<void> {
  if (isAlwaysLocked(run)) return; // since it was made
  await lockWorktree(run.repo, run.serialise, task.worktree, lockReason(run, task));
}

/** Where the source wants it, people may remove the worktree of a task without an agent as any other. */
export async function unlockWithoutAgent(run: Run, task: PlannedTask): Promise<void> {
  const { state, worktree } = recordOf(run, task.id);
  if (isAlwaysLocked(run) || state.state === 'running' || worktree !== 'present') return;
  try {
    await unlockWorktree(run.repo, run.serialise, task.worktree);
  } catch (error) {
    run.log(`${task.id}: worktree not unlocked: ${errorText(error)}`);
  }
}

/** What the last owner of the run was killed before. */
export async function unlockAllWithoutAgent(run: Run): Promise<void> {
  for (const task of run.plan.tasks) await unlockWithoutAgent(run, task);
}

function isAlwaysLocked({ plan }: Run): boolean {
  return sourceOf(plan.source).locksWorktrees === 'always';
}
