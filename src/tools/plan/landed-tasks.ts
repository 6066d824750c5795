import { leftOutTasks } from '../../core/plan/build-plan.js';
import type { Plan } from '../../core/plan/plan.js';
import { taskOf, type RunState } from '../../core/run/run-state.js';
import { landedCommit } from '../../core/run/task-state.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';

/**
 * Ids of the left-out tasks whose work the run begins with: landed on its base, merged by the run it goes on with, or,
 * for another wave, on a branch that is merged first (the dependency check asks for that branch).
 */
export async function findLandedTasks(repo: Repository, plan: Plan, earlier: RunState | null): Promise<string[]> {
  const landed: string[] = [];
  for (const { task, why } of leftOutTasks(plan)) {
    const tip = await resolveCommit(repo, `refs/heads/${task.branch}`);
    const merged = earlier?.tasks.has(task.id) === true ? landedCommit(taskOf(earlier, task.id).state) : null;
    const continues = plan.wave !== null && earlier !== null && earlier.landed === null;
    const isThere =
      (why === 'other_wave' && tip !== null) ||
      (continues && merged !== null) ||
      (await isOnBase(repo, plan, tip)) ||
      (await isOnBase(repo, plan, merged));
    if (isThere) landed.push(task.id);
  }
  return landed;
}

async function isOnBase(repo: Repository, plan: Plan, commit: string | null): Promise<boolean> {
  if (commit === null || plan.base.commit === '') return false;
  const known = await resolveCommit(repo, commit);
  return known !== null && (await isAncestor(repo, known, plan.base.commit));
}

/** Of the left-out tasks, those whose branch is gone but whose work an earlier run put on the base: id to commit. */
export async function findLandedCommits(
  repo: Repository,
  plan: Plan,
  earlier: RunState | null,
): Promise<Map<string, string>> {
  const landed = new Map<string, string>();
  for (const { task } of leftOutTasks(plan)) {
    const merged = earlier?.tasks.has(task.id) === true ? landedCommit(taskOf(earlier, task.id).state) : null;
    if (merged !== null && (await isOnBase(repo, plan, merged))) landed.set(task.id, merged);
  }
  return landed;
}
