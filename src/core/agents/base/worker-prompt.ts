import type { Scope, ScopeEntry } from '../../plan/plan.js';
import type { SkillDuties } from './worker-rules.js';

/** The parts of a prompt for a task without a prompt file; `context` is the plan's `context.md`. */
export interface PromptParts {
  readonly id: string;
  readonly context: string | null;
  /** The task file without its frontmatter. */
  readonly task: string;
  readonly scope: Scope;
  readonly verify: string | null;
}

/** The prompt of a task in Markdown: the context, the task's text, its scope, and when it is done. */
export function composePrompt(parts: PromptParts): string {
  const sections = [
    `# Task ${parts.id}`,
    ...(parts.context === null ? [] : [`## Context\n\n${parts.context.trim()}`]),
    `## Your task\n\n${parts.task.trim()}`,
    ...scopeRules(parts.scope),
    completionRules(parts.verify),
  ];
  return `${sections.join('\n\n')}\n`;
}

function scopeRules(scope: Scope): string[] {
  const lines = [
    ...rule('Create only', scope.create.map(entryText)),
    ...rule('Change only', scope.modify.map(entryText)),
    ...rule('Never touch', scope.boundary),
  ];
  return lines.length === 0 ? [] : [`## Files\n\n${lines.join('\n')}`];
}

function rule(verb: string, globs: readonly string[]): string[] {
  return globs.length === 0 ? [] : [`- ${verb}: ${globs.map((glob) => `\`${glob}\``).join(', ')}`];
}

function entryText(entry: ScopeEntry): string {
  return entry.symbol === null ? entry.glob : `${entry.glob}::${entry.symbol}`;
}

/** The last section of a composed prompt: how an agent of any kind reports that it is done. */
export function completionRules(verify: string | null, commits: SkillDuties['commits'] = 'agent'): string {
  const lines = [
    'Work only in the folder you are in: a git worktree with a branch of its own.',
    ...(verify === null ? [] : [`Before you finish, \`${verify}\` has to pass.`]),
    commits === 'agent'
      ? 'Commit everything you did on the current branch, in commits with clear messages.'
      : 'Do not commit: o8 commits what you leave in the worktree when you are done.',
    'Then, as your last step, create the file `.claude-task-complete` in the top folder. Do not commit it.',
    'When you cannot finish, do not create that file; say what is missing.',
  ];
  return `## When you are done\n\n${lines.map((line) => `- ${line}`).join('\n')}`;
}
