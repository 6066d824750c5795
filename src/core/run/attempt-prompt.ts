import type { PlannedTask } from '../plan/plan.js';
import type { NextAttempt } from './task-state.js';

export interface PromptInput {
  readonly task: PlannedTask;
  readonly next: NextAttempt;
  /** The agent still has its earlier session, so the task is not repeated. */
  readonly sessionContinues: boolean;
  /** Rules that precede the task, for an agent without o8's system prompt; null if it has one. */
  readonly rules: string | null;
  /**
   * Current rules, if they differ from those the session started with (Claude Code keeps its system prompt); else null.
   */
  readonly changedRules?: string | null;
}

/** The prompt of an attempt. An agent that starts over after a failure is told about the existing work. */
export function attemptPrompt({ task, next, sessionContinues, rules, changedRules = null }: PromptInput): string {
  const parts: string[] = [];
  if (rules !== null) parts.push(rules);
  if (changedRules !== null) {
    parts.push(`## Rules\n\nThe rules for workers have changed. From now on, follow these:\n\n${changedRules}`);
  }
  if (!sessionContinues) parts.push(task.prompt);
  if (next.kind === 'continue') {
    parts.push(
      [
        '## Continuing',
        sessionContinues
          ? 'Your work on this task was interrupted. Continue in this worktree from its current state.'
          : 'An earlier attempt at this task ended before it was done. Its work is in this worktree; check `git log` and `git status` first and continue from there.',
        ...(next.note === '' ? [] : ['What happened:', '', ...next.note.split('\n').map((line) => `    ${line}`)]),
      ].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}
