export interface CleanupWish {
  /** Only this task, null for the whole run. */
  readonly task: string | null;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Tasks whose branch and worktree now belong to a later run. */
  readonly except?: readonly string[] | undefined;
}
