import type { SupervisorStart } from '../../core/run/supervisor-start.js';

/** Warnings about branches and worktrees that the supervisor moved aside, or could not move. */
export function roomWords({ moved = [], problems = [] }: Extract<SupervisorStart, { kind: 'won' }>): string[] {
  return [...moved.map((line) => `Moved aside: ${line}`), ...problems];
}
