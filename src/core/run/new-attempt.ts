import type { TaskStateName } from './task-state.js';

/**
 * A task whose branch and worktree an earlier, ended run left behind: these are moved away, and the task starts again.
 */
export interface NewAttempt {
  readonly task: string;
  /** The earlier run. */
  readonly runId: string;
  readonly state: TaskStateName;
  readonly attempt: number;
  /** The ref that keeps the commits of its branch. */
  readonly ref: string;
}
