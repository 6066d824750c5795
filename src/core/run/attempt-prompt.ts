import type { PlannedTask } from '../plan/plan.js';
import type { NextAttempt } from './task-state.js';

export interface PromptInput {
  readonly task: PlannedTask;
  readonly next: NextAttempt;
  /** The agent still has its earlier session, so the task need not be told again. */
  readonly sessionContinues: boolean;
  /** Rules put before the task for an agent that has no system prompt of ours; null where it has. */
  readonly rules: string | null;
  /** Rules that differ from those the session began with: Claude Code keeps its system prompt. Null when none do. */
  readonly changedRules?: string | null;
}

/** The text an attempt's agent gets. An agent that starts over after a failure is told what is already there. */
export function attemptPrompt({ task, next, sessionContinues, rules, changedRules = null }: PromptInput): string {
  const parts: string[] = [];
  if (rules !== null) parts.push(rules);
  if (changedRules !== null) {
    parts.push(`## Rules\n\nThe rules for workers have changed. From now on these count:\n\n${changedRules}`);
  }
  if (!sessionContinues) parts.push(task.prompt);
  if (next.kind === 'continue') {
    parts.push(
      [
        '## Continuing',
        sessionContinues
          ? 'Your work on this task was interrupted. Go on in this worktree from where it stands.'
          : 'An earlier attempt at this task ended before it was done. Its work is in this worktree; look at `git log` and `git status` first and go on from there.',
        ...(next.note === '' ? [] : ['What happened:', '', ...next.note.split('\n').map((line) => `    ${line}`)]),
      ].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}
