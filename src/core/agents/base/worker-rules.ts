/** For a task that calls a slash command of the repository: who commits, according to the command's flags. */
export interface SkillDuties {
  readonly commits: 'agent' | 'o8';
}

/**
 * Additional rules for a task that calls a slash command of the repository. They also apply with the repository's own
 * worker rules, which may forbid what such a command needs.
 */
export const SKILL_RULES = `Your task is the command of this repository in the first message. What it tells you to do counts: you may run the
skills and start the agents it names, in this worktree. If it tells you not to commit, do not: o8 commits what you leave
when you report that it is complete.`;

/** Who commits, according to the flags of a skill (`--no-commit`). */
export function skillDuties(flags: string): SkillDuties {
  return { commits: flags.split(/\s+/).includes('--no-commit') ? 'o8' : 'agent' };
}

/**
 * The rules for a worker: the repository's own `.claude/agents/worker.md` (`own`, null for none), else o8's, adapted to
 * the flags of a skill. Frontmatter is for Claude Code and removed; if nothing else is in the file, o8's rules apply.
 */
export function workerRules(own: string | null, bundled: string, skill: SkillDuties | null): string {
  const rules = own === null ? '' : withoutFrontmatter(own);
  if (rules !== '') return rules;
  return skill === null ? withoutFrontmatter(bundled) : forSkill(withoutFrontmatter(bundled), skill);
}

function forSkill(rules: string, { commits }: SkillDuties): string {
  const withAgents = rules.replace(
    '- Never start other agents, and never call o8',
    '- Start no agents but those that the command of your task names, and never call o8',
  );
  if (commits === 'agent') return withAgents;
  return withAgents
    .replace(/^Commit as you go:$/m, 'Do not commit:')
    .replace(
      /^- Small commits [^]*?(?=^- )/m,
      '- Leave your changes in the worktree: o8 commits them when you report that your task is complete.\n',
    )
    .replace(' pass and everything is committed:', ' pass:');
}

/** Frontmatter is for Claude Code, which would start the agent itself. */
export function withoutFrontmatter(markdown: string): string {
  return markdown
    .replace(/^\uFEFF/, '')
    .replace(/^---[ \t]*\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/, '')
    .trim();
}
