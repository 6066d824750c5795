import type { Plan } from '../plan/plan.js';
import { inWorktree } from '../text/worktree-text.js';
import type { Agent } from './base/agent.js';
import { taskAgent } from './kinds.js';

/** The time, then a stdout line of the agent that starts a JSON object. */
const EVENT_LINE = /^(\[[^\]]+\]) \[stdout\] (\{.*)$/;
/** The shown length of an incomplete JSON line, which was cut when it was written. */
const MOST_CHARACTERS = 200;

/** Formats log lines of a task, with paths relative to its worktree. */
export function taskLogView(plan: Plan, task: string): (line: string) => readonly string[] {
  const planned = plan.tasks.find(({ id }) => id === task);
  const { agent } = taskAgent(plan.settings, planned?.agent ?? null);
  if (agent.words === null || planned === undefined) return (line) => readableLogLine(agent, line);
  const { worktree } = planned;
  return (line) => readableLogLine(agent, line).map((text) => inWorktree(text, worktree));
}

/**
 * Formats a line of an agent's log: the agent's messages, tool calls and errors. Empty for an event without interest.
 * Lines that are not events, and all lines of a program without known events, are returned unchanged.
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
