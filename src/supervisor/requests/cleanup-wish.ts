export interface CleanupResult {
  readonly worktrees: { task: string; path: string; rescued: string | null }[];
  readonly branches: { branch: string; commit: string }[];
  readonly kept: { what: string; why: string; hint: string }[];
}

export interface CleanupWish {
  /** Only this task, null for the whole run. */
  readonly task: string | null;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Tasks whose branch and worktree a later run has by now: not this run's any more. */
  readonly except?: readonly string[] | undefined;
}
