/** Behind the name of a worktree or branch that `--force` moved out of the way of a run. */
export function asideSuffix(runId: string): string {
  return `.before-${runId}`;
}
