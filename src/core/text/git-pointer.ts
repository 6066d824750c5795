/**
 * The target of a `.git` file of a linked worktree or submodule, possibly relative to its folder; undefined for any
 * other text. A path may contain newlines; git ignores those at the end.
 */
export function pointedGitFolder(text: string): string | undefined {
  return /^gitdir: ([^]+?)[\r\n]*$/.exec(text)?.[1];
}
