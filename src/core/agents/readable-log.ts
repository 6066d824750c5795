import type { Plan } from '../plan/plan.js';
import { inWorktree } from '../text/worktree-text.js';
import type { Agent } from './base/agent.js';
import { taskAgent } from './kinds.js';

/** Time, a line of the agent's own output, and in it the beginning of a JSON object. */
const EVENT_LINE = /^(\[[^\]]+\]) \[stdout\] (\{.*)$/;
/** Of a line that is neither an event nor text: it was cut when it was written. */
const MOST_CHARACTERS = 200;

/** How the log of a task is shown, with the paths of its worktree as its agent would write them. */
export function taskLogView(plan: Plan, task: string): (line: string) => readonly string[] {
  const planned = plan.tasks.find(({ id }) => id === task);
  const { agent } = taskAgent(plan.settings, planned?.agent ?? null);
  if (agent.words === null || planned === undefined) return (line) => readableLogLine(agent, line);
  const { worktree } = planned;
  return (line) => readableLogLine(agent, line).map((text) => inWorktree(text, worktree));
}

/**
 * A line of an agent's log as a person reads it: what the agent said, the tools it called, what went wrong. Empty for an
 * event that tells nothing; any other line as it is, and every line of a program whose events are not known.
 */
export function readableLogLine({ words }: Pick<Agent, 'words'>, line: string): readonly string[] {
  const [, time = '', json = ''] = EVENT_LINE.exec(line) ?? [];
  if (words === null || json === '') return [line];
  const event = words(json);
  if (event !== null) return event.map((text) => `${time} ${text}`);
  return isObject(json) ? [] : [`${time} ${json.slice(0, MOST_CHARACTERS)}…`];
}

function isObject(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
