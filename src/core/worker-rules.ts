/**
 * The rules appended to every Claude worker's system prompt: the repository's own `.claude/agents/worker.md` (`own`,
 * null when it has none), else ours. The frontmatter is for Claude Code and not part of the rules; a file that has
 * nothing but frontmatter says nothing, so ours apply.
 */
export function workerRules(own: string | null, bundled: string): string {
  const rules = own === null ? '' : withoutFrontmatter(own);
  return rules === '' ? withoutFrontmatter(bundled) : rules;
}

function withoutFrontmatter(markdown: string): string {
  return markdown
    .replace(/^\uFEFF/, '')
    .replace(/^---[ \t]*\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/, '')
    .trim();
}
