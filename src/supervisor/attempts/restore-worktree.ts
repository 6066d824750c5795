import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedTask } from '../../core/plan/plan.js';
import { lastCheckedOut } from '../../git/worktrees/head-log.js';
import { mendPointer } from '../../git/kept/mend-pointer.js';
import { createRef, resolveCommit } from '../../git/refs/refs.js';
import { provideWorktree } from './prepare-task.js';
import { recordOf, type Run } from '../run/run.js';

/**
 * The task's worktree or branch may have been deleted while no supervisor was running. Restores both with every commit
 * git still has. If that fails, records why and returns false.
 */
export async function restoreWorktree(run: Run, task: PlannedTask): Promise<boolean> {
  const ref = `refs/heads/${task.branch}`;
  const tip = await resolveCommit(run.repo, ref);
  if (await mendPointer(run.repo, task.worktree, run.plan.runId)) {
    run.log(`${task.id}: ${task.worktree}/.git was deleted and has been restored`);
  }
  const isThere = existsSync(join(task.worktree, '.git'));
  if (tip !== null && isThere) return true;
  const { start } = recordOf(run, task.id);
  if (start === null) throw new Error(`${task.id} has a worktree and no start`);
  const commit = tip ?? (await lastCheckedOut(run.repo, task.worktree, start)) ?? start;
  run.lease.assertHeld();
  if (tip === null) {
    run.log(`${task.id}: ${task.branch} was deleted, restored at ${commit}`);
    await createRef(run.repo, ref, commit);
  }
  if (isThere) return true;
  run.log(`${task.id}: its worktree was deleted, restored at ${commit}`);
  return provideWorktree(run, task, commit);
}
