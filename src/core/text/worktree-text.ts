/** What an agent says, with the paths inside its worktree relative to it: the rest of them is the same for every line. */
export function inWorktree(text: string, worktree: string): string {
  return text.replaceAll(`${worktree}/`, '');
}
