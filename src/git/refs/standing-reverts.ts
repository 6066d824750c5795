import { baseRef, takenBackTasks, type TakenBack } from '../../core/merge/landings.js';
import type { Plan } from '../../core/plan/plan.js';
import type { RunState } from '../../core/run/run-state.js';
import { git } from '../door/execute.js';
import { isAncestor, resolveCommit } from './refs.js';
import type { Repository } from '../door/repository.js';

/** Nobody takes the same work back and forth more often. */
const MOST_TURNS = 20;

/**
 * The tasks whose work is off the base branch now, each with the commit whose revert brings it back: what o8 took back and
 * nobody has brought back since. No call of git where nothing was taken back.
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

/** The last of the reverts that begin with `first`, null when the one before it was reverted or is not on the branch. */
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

/** The newest commit of `tip` that says what `git revert` writes about `commit`. */
async function revertOf(repo: Repository, commit: string, tip: string): Promise<string | null> {
  const args = ['log', '-1', '--no-show-signature', '--format=%H', '--fixed-strings'];
  const found = await git([...args, `--grep=This reverts commit ${commit}`, `${commit}..${tip}`, '--'], {
    cwd: repo.root,
  });
  return found.trim() === '' ? null : found.trim();
}
