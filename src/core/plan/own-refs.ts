/*
 * All refs that o8 creates outside `refs/heads`. They keep commits that no branch surely contains. `rescue` and
 * `attempts` are permanent; the others exist only until their commits are on a branch.
 */

/** Keeps the commits of an earlier attempt whose branch was removed or restarted. */
export function attemptRef(runId: string, task: string, attempt: number): string {
  return `refs/o8/attempts/${runId}/${task}/${String(attempt)}`;
}

/** Keeps the uncommitted changes of an attempt's worktree. */
export function rescueRef(runId: string, task: string, attempt: number): string {
  return `refs/o8/rescue/${runId}/${task}/${String(attempt)}`;
}

/** Keeps the work of a task until it is merged; without a task, the common prefix of these refs. */
export function doneRef(runId: string, task = ''): string {
  return `refs/o8/done/${runId}/${task}`;
}

/** Keeps the merge commit of a task until the target has it. */
export function mergeRef(runId: string, task: string): string {
  return `refs/o8/merge/${runId}/${task}`;
}

/** Keeps the commit that will land on the base branch while it is verified. */
export function landingRef(runId: string): string {
  return `refs/o8/landing/${runId}`;
}

/**
 * Keeps the target's commits if a user landed the work differently (squash, rebase), because no other ref contains
 * them.
 */
export function foundRef(runId: string): string {
  return `refs/o8/found/${runId}`;
}

/**
 * Keeps the revert of a landing until the branch has it; if the branch could not be updated, the ref stays for the
 * user.
 */
export function undoRef(runId: string, landing: string): string {
  return `refs/o8/undo/${runId}/${landing.slice(0, 12)}`;
}

/** The target of a run with `merge.into: none`. */
export function targetRef(runId: string): string {
  return `refs/o8/target/${runId}`;
}
