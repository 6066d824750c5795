import { NO_FACTS, oneLine, type AgentFacts, type AgentResult, type ReadingTime } from '../base/agent-facts.js';
import { resetTimeIn } from '../base/reset-time.js';
import { parseCodexEvent, type CodexItem } from './codex-events.js';

export interface CodexState {
  readonly facts: AgentFacts;
  /** The agent's last message. */
  readonly said: string;
}

export const EMPTY_CODEX: CodexState = { facts: NO_FACTS, said: '' };

/** Adds one line of `codex exec --json`. Other lines change nothing. Never throws. */
export function foldCodexLine(state: CodexState, line: string, time: ReadingTime): CodexState {
  const event = parseCodexEvent(line);
  if (event === null) return state;
  switch (event.type) {
    case 'thread.started':
      return withFacts(state, { sessionId: event.thread_id, finished: false });
    case 'turn.started':
      return withFacts(state, { finished: false });
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      return foldItem(state, event.item);
    case 'error':
      return withLimitIn(state, event.message, time);
    case 'turn.completed': {
      const { usage } = event;
      const tokens = usage === null ? state.facts.tokens : usage.input_tokens + usage.output_tokens;
      const result: AgentResult = { kind: 'done', text: state.said, report: null };
      return withFacts(state, { tokens, result, limit: null, finished: true });
    }
    case 'turn.failed': {
      const { message } = event.error;
      return withFacts(withLimitIn(state, message, time), { result: failure(message), finished: true });
    }
  }
}

/** Adds an item. Codex prints its own warnings as items of type `error`, which are not an activity. */
function foldItem(state: CodexState, item: CodexItem): CodexState {
  const said = item.type === 'agent_message' ? item.text : state.said;
  const activity = activityOf(item) ?? state.facts.activity;
  const isAnswer = item.type !== 'error';
  const denials = isDeclined(item)
    ? [...state.facts.denials, { tool: item.type, target: oneLine(targetOf(item)), grant: null }].slice(0, MOST_DENIALS)
    : state.facts.denials;
  const limit = isAnswer ? null : state.facts.limit;
  return { ...withFacts(state, { activity, denials, limit, finished: false }), said };
}

/** The agent's output is untrusted, so the number is limited. */
const MOST_DENIALS = 20;

function isDeclined({ status }: CodexItem): boolean {
  return status === 'declined';
}

function activityOf(item: CodexItem): string | null {
  switch (item.type) {
    case 'agent_message':
      return oneLine(item.text) || null;
    case 'command_execution':
    case 'file_change':
    case 'mcp_tool_call':
    case 'web_search':
      return oneLine(`${VERBS[item.type]} ${targetOf(item)}`);
    default:
      return null;
  }
}

export const VERBS = {
  command_execution: 'Run',
  file_change: 'Edit',
  mcp_tool_call: 'Call',
  web_search: 'Search',
} as const;

/** The object of an item: the command without its shell, the files, or the tool. */
export function targetOf({ type, command, changes, server, tool, query }: CodexItem): string {
  switch (type) {
    case 'command_execution':
      return /^\S*\/(?:ba|z|da)?sh -l?c '([\s\S]*)'$/.exec(command)?.[1] ?? command;
    case 'file_change':
      return changes.map(({ path }) => path).join(', ');
    case 'mcp_tool_call':
      return `${server}.${tool}`;
    default:
      return query;
  }
}

/** Messages of Codex or the service about a rate or usage limit. */
const LIMIT =
  /usage limit|rate limit (?:reached|exceeded)|\b429 Too Many Requests|exceeded retry limit, last status: 429/i;

function withLimitIn(state: CodexState, message: string, time: ReadingTime): CodexState {
  if (!LIMIT.test(message)) return state;
  const until = limitEnd(message, time) ?? state.facts.limit?.until ?? null;
  return withFacts(state, { limit: { until, message: oneLine(message) } });
}

/** `try again at Nov 29th, 2026 11:00 AM`, `try again at 3:30 PM` (in the machine's zone), `try again in 11.054s`. */
export function limitEnd(message: string, { now, timeZone }: ReadingTime): string | null {
  const words = message
    .replace(/try again at /gi, 'resets ')
    .replace(/\b(\d{1,2})(?:st|nd|rd|th)\b/g, '$1')
    .replace(/\b(\d+) ?ms\b/g, '1s') // less than a second is rounded up
    .replace(/\b(\d+)\.\d+ ?s\b/g, (_, seconds: string) => `${String(Number(seconds) + 1)}s`)
    .replace(/\b(\d+)m(\d+)s\b/g, (_, minutes: string) => `${String(Number(minutes) + 1)}m`)
    .replace(/\b(\d+)h(\d+)m\b/g, (_, hours: string) => `${String(Number(hours) + 1)}h`);
  return resetTimeIn(words, now, timeZone);
}

/** A refused request (bad key, no credit, unknown model) would be refused again; a server error is temporary. */
function failure(message: string): AgentResult {
  const status = Number(/\bstatus:? (\d{3})\b/.exec(message)?.[1] ?? Number.NaN);
  const isRefused = /quota exceeded|not supported|model_not_found|context window/i.test(message);
  const retryable = Number.isNaN(status) ? !isRefused : status >= 500 || status === 408 || status === 429;
  return { kind: 'failed', text: message || 'the turn failed', limit: null, retryable };
}

function withFacts(state: CodexState, facts: Partial<AgentFacts>): CodexState {
  return { ...state, facts: { ...state.facts, ...facts } };
}

/** Whether a line names the session or its result. A cheap check comes before parsing JSON. */
export function isCodexSessionLine(line: string): boolean {
  return /"type"\s*:\s*"(?:thread\.started|turn\.(?:completed|failed))"/.test(line) && parseCodexEvent(line) !== null;
}
