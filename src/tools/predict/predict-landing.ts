import type { Unspelled } from '../../core/text/spelling.js';
import type { LoadedRun } from '../context/run-files.js';
import { whyNothingToLand, type TakenBack } from '../../core/merge/landings.js';
import { countCommits } from '../../git/diff/changes.js';
import { baseGone, isOnBase, lastOf, lostFromTarget, targetGone } from '../../git/findings/moved-branches.js';
import { contentThere } from '../../git/merge/content-there.js';
import { trialMerges } from '../../git/merge/merge-batch.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import type { ShownLanding } from '../../core/run/request-results.js';
import { targetOf, whyMergeLandsNothing } from '../../core/plan/target.js';

/** What `merge` would do to the base branch, given the current target and base. */
export type PredictedLanding = Extract<
  Unspelled<ShownLanding>,
  { kind: 'would_land' | 'would_conflict' | 'nothing' | 'held' }
>;

export async function predictLanding(
  repo: Repository,
  { plan, state }: LoadedRun,
  takenBack: readonly TakenBack[],
): Promise<PredictedLanding> {
  const { branch } = plan.base;
  const target = targetOf(plan);
  const why = whyMergeLandsNothing(target);
  if (why !== null) return { kind: 'nothing', reason: why };
  const from = await resolveCommit(repo, `refs/heads/${branch}`);
  const to = await resolveCommit(repo, target.ref);
  const branches = { repo, plan, landings: state.landings };
  if (from === null) return { kind: 'held', files: [], ...(await baseGone(branches)) };
  if (to === null) {
    const last = lastOf(state.landings, target.ref);
    const landed = last === null || (await isOnBase(branches, last));
    if (landed) return { kind: 'nothing', reason: whyNothingToLand(branch, takenBack) }; // the target was removed after it landed
    return { kind: 'held', files: [], ...(await targetGone(branches)) };
  }
  const lost = await lostFromTarget(branches, to);
  if (lost !== null && !(await isOnBase(branches, lost.commit))) return { kind: 'held', files: [], ...lost.moved };
  if (await isAncestor(repo, to, from)) return { kind: 'nothing', reason: whyNothingToLand(branch, takenBack) };
  const commits = await countCommits(repo, from, to);
  if (await isAncestor(repo, from, to)) {
    return { kind: 'would_land', branch, from, to, commits, message: `${branch} would be fast-forwarded` };
  }
  const there = await contentThere(repo, to, from);
  if (there !== null) {
    return {
      kind: 'nothing',
      reason: `${branch} already contains this work since ${there.slice(0, 12)}, which was not created by a merge`,
    };
  }
  const [trial] = await trialMerges(repo, [{ ours: from, theirs: to }]);
  switch (trial?.kind) {
    case 'clean': {
      const message = `${branch} has new commits: both would be merged and verified first`;
      return { kind: 'would_land', branch, from, to, commits, message };
    }
    case 'conflict':
      return { kind: 'would_conflict', branch, files: trial.files, message: `${branch} has new commits that conflict` };
    case 'unrelated':
    case undefined:
      return { kind: 'nothing', reason: `${branch} shares no history with ${target.ref}` };
  }
}
