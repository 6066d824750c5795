import { baseRef, takenBackTasks, type TakenBack } from '../../core/merge/landings.js';
import type { Plan } from '../../core/plan/plan.js';
import type { RunState } from '../../core/run/run-state.js';
import { git } from '../door/execute.js';
import { isAncestor, resolveCommit } from './refs.js';
import type { Repository } from '../door/repository.js';

/** Limit on reverts of reverts; nobody repeats them more often. */
const MOST_TURNS = 20;

/**
 * The tasks whose work is currently reverted on the base branch, each with the commit whose revert restores it. Does
 * not start git if nothing was reverted.
 */
export async function takenBackNow(repo: Repository, plan: Plan, state: RunState): Promise<TakenBack[]> {
  const recorded = takenBackTasks(plan, state);
  if (recorded.length === 0) return [];
  const tip = await resolveCommit(repo, baseRef(plan));
  if (tip === null) return recorded;
  const standing = new Map<string, string | null>();
  for (const commit of new Set(recorded.map((each) => each.commit)))
    standing.set(commit, await standingRevert(repo, commit, tip));
  return recorded.flatMap(({ task, commit }) => {
    const last = standing.get(commit) ?? null;
    return last === null ? [] : [{ task, commit: last }];
  });
}

/**
 * The last revert in the chain that starts with `first`; null if the work was restored or the revert is not on the
 * branch.
 */
async function standingRevert(repo: Repository, first: string, tip: string): Promise<string | null> {
  if ((await resolveCommit(repo, first)) === null || !(await isAncestor(repo, first, tip))) return null;
  let last = first;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    const back = await revertOf(repo, last, tip);
    if (back === null) return last;
    const again = await revertOf(repo, back, tip);
    if (again === null) return null;
    last = again;
  }
  return last;
}

/** The newest commit of `tip` with the message that `git revert` writes for `commit`. */
async function revertOf(repo: Repository, commit: string, tip: string): Promise<string | null> {
  const args = ['log', '-1', '--no-show-signature', '--format=%H', '--fixed-strings'];
  const found = await git([...args, `--grep=This reverts commit ${commit}`, `${commit}..${tip}`, '--'], {
    cwd: repo.root,
  });
  return found.trim() === '' ? null : found.trim();
}
