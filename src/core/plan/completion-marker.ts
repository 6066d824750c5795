/** An agent creates this file at the top of its worktree when it is done. It is never committed. */
export const COMPLETION_MARKER = '.claude-task-complete';
