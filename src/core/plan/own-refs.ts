/*
 * Every ref of o8's own, outside `refs/heads`: git keeps by them what nothing else surely does. `rescue` and `attempts`
 * are kept for good; the others only until what they hold is on a branch.
 */

/** The commits of a task's earlier attempt, whose branch went or began anew. */
export function attemptRef(runId: string, task: string, attempt: number): string {
  return `refs/o8/attempts/${runId}/${task}/${String(attempt)}`;
}

/** What was not committed in the worktree of an attempt. */
export function rescueRef(runId: string, task: string, attempt: number): string {
  return `refs/o8/rescue/${runId}/${task}/${String(attempt)}`;
}

/** The work of a task that waits to be merged; without a task, what the names of all of them begin with. */
export function doneRef(runId: string, task = ''): string {
  return `refs/o8/done/${runId}/${task}`;
}

/** The merged commit of a task while it is on its way to the target. */
export function mergeRef(runId: string, task: string): string {
  return `refs/o8/merge/${runId}/${task}`;
}

/** What was made to land on the base branch, while it is verified. */
export function landingRef(runId: string): string {
  return `refs/o8/landing/${runId}`;
}

/** The target of a run whose work somebody put on the base branch in a way of their own: its commits are nowhere else. */
export function foundRef(runId: string): string {
  return `refs/o8/found/${runId}`;
}

/** The revert of a landing until it is on the branch; what stays of one that could not get there is for a person. */
export function undoRef(runId: string, landing: string): string {
  return `refs/o8/undo/${runId}/${landing.slice(0, 12)}`;
}

/** Where a run with `merge.into: none` collects its work. */
export function targetRef(runId: string): string {
  return `refs/o8/target/${runId}`;
}
