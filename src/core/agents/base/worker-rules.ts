/** Of a task that is a command of the repository: whether its flags leave the commits to the agent. */
export interface SkillDuties {
  readonly commits: 'agent' | 'o8';
}

/**
 * What holds for a command of the repository beside the worker rules, also beside rules of the repository's own, which
 * may forbid what such a command is made of.
 */
export const SKILL_RULES = `Your task is the command of this repository in the first message. What it tells you to do counts: you may run the
skills and start the agents it names, in this worktree. If it tells you not to commit, do not: o8 commits what you leave
when you report that it is complete.`;

/** What the flags of a skill (`--no-commit`) say about commits. */
export function skillDuties(flags: string): SkillDuties {
  return { commits: flags.split(/\s+/).includes('--no-commit') ? 'o8' : 'agent' };
}

/**
 * The rules for a worker: the repository's own `.claude/agents/worker.md` (`own`, null when it has none), else ours, which
 * for a skill do not ask for what its flags forbid. The frontmatter is for Claude Code and not part of the rules; a file
 * that has nothing but frontmatter says nothing, so ours apply.
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

function withoutFrontmatter(markdown: string): string {
  return markdown
    .replace(/^\uFEFF/, '')
    .replace(/^---[ \t]*\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/, '')
    .trim();
}
