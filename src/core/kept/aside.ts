/** The suffix of the name of a worktree or branch that `--force` moved away. */
export function asideSuffix(runId: string): string {
  return `.before-${runId}`;
}
