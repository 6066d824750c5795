import type { TaskStateName } from './task-state.js';

/** A task whose branch and worktree an earlier run of o8 left behind: they make room, and it begins anew. */
export interface NewAttempt {
  readonly task: string;
  /** The earlier run, which is over, and what became of the task in it. */
  readonly runId: string;
  readonly state: TaskStateName;
  readonly attempt: number;
  /** Where the commits of its branch are kept. */
  readonly ref: string;
}
