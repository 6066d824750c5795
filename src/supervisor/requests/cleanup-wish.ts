export interface CleanupWish {
  /** Only this task, null for the whole run. */
  readonly task: string | null;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Tasks whose branch and worktree a later run has by now: not this run's any more. */
  readonly except?: readonly string[] | undefined;
}
