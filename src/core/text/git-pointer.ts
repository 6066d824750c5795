/**
 * Where the file `.git` of a linked worktree or submodule leads to, perhaps relative to its folder; undefined for another
 * text. A path may have newlines in it; git ignores those at the end.
 */
export function pointedGitFolder(text: string): string | undefined {
  return /^gitdir: ([^]+?)[\r\n]*$/.exec(text)?.[1];
}
