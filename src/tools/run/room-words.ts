import type { SupervisorStart } from '../../core/run/supervisor-start.js';

/** What the supervisor did to make room, and what it could not, as warnings. */
export function roomWords({ moved = [], problems = [] }: Extract<SupervisorStart, { kind: 'won' }>): string[] {
  return [...moved.map((line) => `Moved aside: ${line}`), ...problems];
}
