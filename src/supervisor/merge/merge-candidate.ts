import type { Finding } from '../../core/held/finding.js';
import { mergeMessage, squashMessage, trailersOf } from '../../core/merge/merge-message.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { sourceOf } from '../../core/plan/sources.js';
import { leaveOut } from '../../git/merge/leave-out.js';
import { commitAuthor, createLandingCommit, treeOf, trialMerge } from '../../git/merge/merge.js';
import { mergeBase } from '../../git/refs/refs.js';
import { commitSubjects, replayCommits } from '../../git/merge/replay-commits.js';
import { filesOf, type Run } from '../run/run.js';

/** The commit that merges the branch on top of `onto`, with a note if it does not follow the strategy. */
export type Candidate =
  | { readonly kind: 'clean'; readonly commit: string; readonly note: string | null }
  | { readonly kind: 'conflict'; readonly files: string[] };

/**
 * Combines a task's branch with `onto` without changing any branch. The files are those of the merge for every
 * strategy: a branch that cannot be rebased to exactly these is merged, and `note` says so. `base` is the common
 * ancestor, if the caller knows it. The message of a merge or squash commit lists changes that were held and
 * `accepted`.
 */
export async function mergeCandidate(
  run: Run,
  task: PlannedTask,
  o: {
    readonly onto: string;
    readonly tip: string;
    readonly base: string | null;
    readonly accepted: readonly Finding[];
  },
): Promise<Candidate> {
  const { onto, tip, base, accepted } = o;
  const { repo, plan } = run;
  const chosen = run.ledger.state.strategy ?? plan.settings.merge.strategy;
  // Rebased commits keep their author's message, so they cannot list accepted changes.
  const strategy = chosen === 'rebase' && accepted.length > 0 ? 'merge' : chosen;
  const theirs = await leaveOut(repo, { ours: onto, theirs: tip }, sourceOf(plan.source).notMerged);
  const canFastForward = theirs === tip && (base ?? (await mergeBase(repo, onto, tip))) === onto;
  if (canFastForward && strategy !== 'squash' && accepted.length === 0)
    return { kind: 'clean', commit: tip, note: null };
  const scratchDir = filesOf(run).scratch;
  const trial = await trialMerge(repo, { ours: onto, theirs, scratchDir });
  if (trial.kind === 'conflict') return trial;
  const { tree } = trial;
  const merged = async (note: string | null): Promise<Candidate> => ({
    kind: 'clean',
    commit: await createLandingCommit(repo, {
      tree,
      parents: [onto, tip],
      message: mergeMessage(plan, task, accepted),
    }),
    note,
  });
  switch (strategy) {
    case 'merge':
      return merged(chosen === 'rebase' ? 'merged instead of rebased: it was held and accepted' : null);
    case 'squash': {
      if (tree === (await treeOf(repo, onto))) return { kind: 'clean', commit: onto, note: null };
      const message = squashMessage(plan, task, { subjects: await commitSubjects(repo, onto, tip), accepted });
      const author = await commitAuthor(repo, tip);
      return {
        kind: 'clean',
        commit: await createLandingCommit(repo, { tree, parents: [onto], message, author }),
        note: null,
      };
    }
    case 'rebase': {
      const trailers = trailersOf(plan, task);
      const replayed = await replayCommits(repo, { onto, tip, tree, trailers, scratchDir });
      if (replayed.kind === 'replayed') return { kind: 'clean', commit: replayed.commit, note: null };
      return merged(`merged instead of rebased: its branch ${replayed.why}`);
    }
  }
}
