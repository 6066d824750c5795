/*
 * Every ref of o8's own, outside `refs/heads`: git keeps by them what nothing else surely does. `rescue` and `attempts`
 * are kept for good; the others only until what they hold is on a branch.
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

/** Keeps the target's commits when a user landed the work differently (squash, rebase): no other ref has them. */
export function foundRef(runId: string): string {
  return `refs/o8/found/${runId}`;
}

/** Keeps the revert of a landing until the branch has it; it stays for the user when the branch could not be updated. */
export function undoRef(runId: string, landing: string): string {
  return `refs/o8/undo/${runId}/${landing.slice(0, 12)}`;
}

/** Where a run with `merge.into: none` collects its work. */
export function targetRef(runId: string): string {
  return `refs/o8/target/${runId}`;
}
