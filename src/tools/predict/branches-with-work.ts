import type { Plan, PlannedTask } from '../../core/plan/plan.js';
import { targetOf } from '../../core/plan/target.js';
import { taskOf, type RunState } from '../../core/run/run-state.js';
import type { Repository } from '../../git/door/repository.js';
import { LooseTips } from '../../git/refs/loose-tips.js';
import { fileVersionNow } from '../../store/files/file-version.js';
import { branchRef } from '../context/own-branch.js';
import { join } from 'node:path';

export interface BranchesWithWork {
  /** The tasks whose branches may have commits of their own. */
  readonly tasks: readonly PlannedTask[];
  /** The same as long as none of these branches nor the target moves; null if only git can say. */
  readonly key: string | null;
}

/**
 * Leaves out tasks whose branch stands where it was created: they have nothing to compare. Reads git's files, so that a
 * look at a run whose agents have not committed starts no git.
 */
export function branchesWithWork(
  repo: Repository,
  { plan, state }: { readonly plan: Plan; readonly state: RunState },
  tasks: readonly PlannedTask[],
): BranchesWithWork {
  if (plan.settings.pr.stack) return { tasks, key: null }; // a branch begins with the work of another task
  const tips = new LooseTips(repo);
  const moved: PlannedTask[] = [];
  const known: (string | null)[] = [commitOf(tips, targetOf(plan).ref)];
  for (const task of tasks) {
    const tip = tips.tipOf(branchRef(task));
    const { start } = taskOf(state, task.id);
    if (tip.kind === 'none' || (tip.kind === 'commit' && tip.commit === start)) continue;
    moved.push(task);
    known.push(task.id, tip.kind === 'commit' ? tip.commit : null);
  }
  if (known.includes(null)) return { tasks: moved, key: null };
  const settings = fileVersionNow(join(repo.commonDir, 'config')) ?? '';
  return { tasks: moved, key: [repo.commonDir, plan.runId, settings, ...known].join(' ') };
}

function commitOf(tips: LooseTips, ref: string): string | null {
  const tip = tips.tipOf(ref);
  return tip.kind === 'commit' ? tip.commit : null;
}
