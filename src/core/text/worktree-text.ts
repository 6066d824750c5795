/** An agent's text, with paths inside its worktree made relative, because their beginning is always the same. */
export function inWorktree(text: string, worktree: string): string {
  return text.replaceAll(`${worktree}/`, '');
}
