import { hasMarker } from './pull-marker.js';
import type { SeenPull } from './pull-request.js';

/** What o8 did last with the branch of a pull request. */
export interface LastPush {
  /** The commit that was pushed last, and the one before; null if there was none. */
  readonly commit: string;
  readonly before: string | null;
  /** The base that o8 gave the pull request. */
  readonly base: string;
}

/** What somebody else did to a pull request since o8 pushed. */
export type PullChanges =
  | { readonly kind: 'merged'; readonly commit: string | null; readonly by: string | null }
  /** `branchExists`: false if the branch was deleted, which closes a pull request. */
  | { readonly kind: 'closed'; readonly branchExists: boolean }
  /** The branch has another tip: rebased and force-pushed, or commits were added. It has to be verified again. */
  | { readonly kind: 'pushed'; readonly head: string }
  | { readonly kind: 'retargeted'; readonly base: string }
  /** The forge still shows the tip before the last push. */
  | { readonly kind: 'not_seen_yet' }
  | { readonly kind: 'none' };

export function pullChanges(pull: SeenPull, last: LastPush): PullChanges {
  switch (pull.state.kind) {
    case 'merged':
      return { kind: 'merged', commit: pull.state.commit, by: pull.state.by };
    case 'closed':
      return { kind: 'closed', branchExists: pull.headBranchExists };
    case 'open':
      if (pull.headCommit === last.before && last.before !== last.commit) return { kind: 'not_seen_yet' };
      if (pull.headCommit !== last.commit) return { kind: 'pushed', head: pull.headCommit };
      return pull.base === last.base ? { kind: 'none' } : { kind: 'retargeted', base: pull.base };
  }
}

/**
 * The pull request of a task among those of its head branch, newest first: the open one, whoever opened it, so that it is
 * never doubled; otherwise the newest one that has the task's marker. Null: one has to be created.
 */
export function pullOfTask(pulls: readonly SeenPull[], head: string, marker: string): SeenPull | null {
  const ofHead = pulls.filter((pull) => pull.head === head);
  const open = ofHead.filter(({ state }) => state.kind === 'open');
  return (
    open.find(({ body }) => hasMarker(body, marker)) ??
    open[0] ??
    ofHead.find(({ body }) => hasMarker(body, marker)) ??
    null
  );
}
