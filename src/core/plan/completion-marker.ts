/** The file in the top folder of its worktree by which an agent says that it is done. Never committed. */
export const COMPLETION_MARKER = '.claude-task-complete';
