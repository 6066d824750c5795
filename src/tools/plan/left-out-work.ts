import { leftOutTasks } from '../../core/plan/build-plan.js';
import type { Plan } from '../../core/plan/plan.js';
import { taskOf, type RunState } from '../../core/run/run-state.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';

/**
 * Ids of left-out tasks whose work the run can build on: it landed on the base, was merged by the run that is continued,
 * or, for a task of another wave, is on a branch that will be merged first.
 */
export async function findPresentTasks(repo: Repository, plan: Plan, earlier: RunState | null): Promise<string[]> {
  const present: string[] = [];
  for (const { task, why } of leftOutTasks(plan)) {
    const tip = await resolveCommit(repo, `refs/heads/${task.branch}`);
    const merged = earlier?.tasks.has(task.id) === true ? mergedCommit(taskOf(earlier, task.id).state) : null;
    const continues = plan.wave !== null && earlier !== null && earlier.landed === null;
    const isThere =
      (why === 'other_wave' && tip !== null) ||
      (continues && merged !== null) ||
      (await isOnBase(repo, plan, tip)) ||
      (await isOnBase(repo, plan, merged));
    if (isThere) present.push(task.id);
  }
  return present;
}

async function isOnBase(repo: Repository, plan: Plan, commit: string | null): Promise<boolean> {
  if (commit === null || plan.base.commit === '') return false;
  const known = await resolveCommit(repo, commit);
  return known !== null && (await isAncestor(repo, known, plan.base.commit));
}

/** Left-out tasks whose work an earlier run landed on the base: id to commit. */
export async function findLandedCommits(
  repo: Repository,
  plan: Plan,
  earlier: RunState | null,
): Promise<Map<string, string>> {
  const landed = new Map<string, string>();
  for (const { task } of leftOutTasks(plan)) {
    const merged = earlier?.tasks.has(task.id) === true ? mergedCommit(taskOf(earlier, task.id).state) : null;
    if (merged !== null && (await isOnBase(repo, plan, merged))) landed.set(task.id, merged);
  }
  return landed;
}
