import {
  parseClaudeEvent,
  type AssistantEvent,
  type ClaudeEvent,
  type ModelUsage,
  type RateLimitInfo,
  type ResultEvent,
  type TokenUsage,
  type UserEvent,
} from './claude-events.js';
import { foldGuardSight, NO_SIGHT, type GuardSight } from './guard-sight.js';
import type { CompletionReport } from '../base/completion-schema.js';
import { grantFor } from './permission-grant.js';
import { plausibleReset, resetTimeIn } from '../base/reset-time.js';

/** A rate or usage limit that stopped the agent; `until` (ISO time) is null when nothing said when it ends. */
export interface ClaudeLimit {
  readonly until: string | null;
  readonly message: string;
}

/** A tool call that was not permitted; `grant` is the `agent.allowedTools` entry that would permit it, null for none. */
export interface PermissionDenial {
  readonly tool: string;
  readonly target: string | null;
  readonly grant: string | null;
}

export interface ClaudeResult {
  readonly subtype: string;
  readonly isError: boolean;
  readonly apiErrorStatus: number | null;
  readonly text: string;
  readonly report: CompletionReport | null;
}

/** What the output of one Claude process says so far. Texts are the agent's: untrusted. */
export interface ClaudeFacts {
  /** Null until the session is open: there is nothing to `--resume` before. */
  readonly sessionId: string | null;
  /** What the agent did last, on one line. */
  readonly activity: string | null;
  /** Input, output and cache together; of this process alone, also in a resumed session. */
  readonly tokens: number;
  /** US dollars; null until a result tells, and for ever when the process was killed. */
  readonly costUsd: number | null;
  /** Set by a limit and cleared by the next answer of the model. */
  readonly limit: ClaudeLimit | null;
  /** A limit was reached, and the account pays for what goes beyond it. */
  readonly overage: boolean;
  readonly denials: readonly PermissionDenial[];
  /** The last one: an agent with work in the background gives several. */
  readonly result: ClaudeResult | null;
  /** The last result has come and nothing of a turn since. */
  readonly finished: boolean;
  /** A tool that was carried out without o8's hook before it; null while there was none. */
  readonly unguarded: string | null;
}

/** The facts and what it takes to add the next line. Values are never changed in place. */
export interface ClaudeStream {
  readonly facts: ClaudeFacts;
  /** Tool calls without a result yet, by id: a denial names only the id. */
  readonly calls: ReadonlyMap<string, PermissionDenial>;
  readonly denied: ReadonlyMap<string, PermissionDenial>;
  readonly guard: GuardSight;
  /** Tokens of the message each conversation (main and subagents) is in; one message comes in several lines. */
  readonly messages: ReadonlyMap<string, { readonly id: string; readonly tokens: number }>;
}

export const EMPTY_CLAUDE_STREAM: ClaudeStream = {
  facts: {
    sessionId: null,
    activity: null,
    tokens: 0,
    costUsd: null,
    limit: null,
    overage: false,
    denials: [],
    result: null,
    finished: false,
    unguarded: null,
  },
  guard: NO_SIGHT,
  calls: new Map(),
  denied: new Map(),
  messages: new Map(),
};

/** More would tell a reader nothing new, and the agent decides how many there are. */
const DENIAL_LIMIT = 20;
const CALL_LIMIT = 200;
const CONVERSATION_LIMIT = 200;
/** One line of a terminal beside the task's name. */
const ACTIVITY_LENGTH = 120;

/** When the line was read, and the zone of clock times that name none. */
export interface ReadingTime {
  readonly now: Date;
  readonly timeZone: string;
}

/** Adds one line of `--output-format stream-json`. A line that is no event changes nothing; nothing throws. */
export function foldClaudeLine(stream: ClaudeStream, line: string, time: ReadingTime): ClaudeStream {
  const event = parseClaudeEvent(line);
  if (event === null) return stream;
  const guard = foldGuardSight(stream.guard, event);
  const { unguarded } = guard;
  const seen = { ...stream, guard };
  return foldEvent(unguarded === null ? seen : withFacts(seen, { unguarded }), event, time);
}

/** Cheaper than reading every line as JSON: an agent's output has megabytes that are neither. */
const MAYBE_SESSION_EVENT = /"(?:subtype"\s*:\s*"init|type"\s*:\s*"result)"/;

/** Whether a line is an event that names the session or says how it ended. */
export function isSessionEvent(line: string): boolean {
  const event = MAYBE_SESSION_EVENT.test(line) ? parseClaudeEvent(line) : null;
  return event?.type === 'result' || (event?.type === 'system' && event.subtype === 'init');
}

function foldEvent(stream: ClaudeStream, event: ClaudeEvent, time: ReadingTime): ClaudeStream {
  switch (event.type) {
    case 'assistant': {
      const working = withFacts(stream, { finished: false });
      return event.error === null ? foldMessage(working, event) : foldApiError(working, event, event.error, time);
    }
    case 'user':
      return { ...withFacts(stream, { finished: false }), calls: without(stream.calls, event.message.content) };
    case 'rate_limit_event':
      return foldRateLimit(stream, event.rate_limit_info, time);
    case 'result':
      return foldResult(stream, event, time);
    case 'system':
      switch (event.subtype) {
        case 'init':
          return withFacts(stream, { sessionId: event.session_id, finished: false });
        case 'api_retry':
          return isLimitStatus(event.error_status)
            ? withLimit(stream, { until: null, message: `the API answers ${String(event.error_status)}` })
            : stream;
        case 'hook_started':
        case 'hook_response':
          return stream;
        case 'permission_denied': {
          const call = stream.calls.get(event.tool_use_id) ?? { tool: event.tool_name, target: null, grant: null };
          return withDenials(stream, [[event.tool_use_id, call]]);
        }
      }
  }
}

function foldRateLimit(stream: ClaudeStream, info: RateLimitInfo, time: ReadingTime): ClaudeStream {
  if (info.isUsingOverage || info.overageInUse) return withFacts(stream, { overage: true, limit: null });
  if (info.status !== 'rejected') return stream;
  return withLimit(stream, { until: resetOf(info, time), message: 'usage limit reached' });
}

function resetOf({ resetsAt }: RateLimitInfo, time: ReadingTime): string | null {
  return resetsAt === null ? null : plausibleReset(resetsAt * 1000, time.now);
}

function foldMessage(stream: ClaudeStream, { message, parent_tool_use_id: parent }: AssistantEvent): ClaudeStream {
  const calls = new Map(stream.calls);
  let { activity } = stream.facts;
  for (const block of message.content) {
    if (block.type === 'tool_use') {
      const call = toolCall(block.name, block.input);
      if (calls.size < CALL_LIMIT) calls.set(block.id, call);
      // The structured result is not something the agent does.
      if (block.name !== 'StructuredOutput')
        activity = oneLine(call.target === null ? call.tool : `${call.tool} ${call.target}`);
    } else if (block.type === 'text') {
      activity = oneLine(block.text) || activity;
    }
  }
  const conversation = parent ?? '';
  const earlier = stream.messages.get(conversation);
  const tokens = message.usage === null ? 0 : tokensOf(message.usage);
  const counted = earlier?.id === message.id ? earlier.tokens : 0;
  const messages =
    earlier !== undefined || stream.messages.size < CONVERSATION_LIMIT
      ? new Map(stream.messages).set(conversation, { id: message.id, tokens: Math.max(tokens, counted) })
      : stream.messages;
  const facts = {
    ...stream.facts,
    activity,
    limit: null,
    tokens: stream.facts.tokens + Math.max(0, tokens - counted),
  };
  return { ...stream, calls, messages, facts };
}

/** Claude Code gave a request up: it says so in a message of its own, in words and with the kind of error. */
function foldApiError(stream: ClaudeStream, event: AssistantEvent, error: string, time: ReadingTime): ClaudeStream {
  const typed = event.api_error === USAGE_LIMIT;
  if (error !== 'rate_limit' && error !== 'overloaded' && !typed) return stream;
  const message = event.message.content.map((block) => (block.type === 'text' ? block.text : '')).join(' ');
  const said = resetTimeIn(message, time.now, time.timeZone);
  const info = typed ? event.api_error_params?.rate_limit_info : undefined;
  const until = (info === undefined ? null : resetOf(info, time)) ?? said;
  return withLimit(stream, { until, message: oneLine(message) });
}

function foldResult(stream: ClaudeStream, event: ResultEvent, time: ReadingTime): ClaudeStream {
  const text = event.result ?? event.errors.join('; ');
  const denied = withDenials(
    stream,
    event.permission_denials.map((each) => [each.tool_use_id, toolCall(each.tool_name, each.tool_input)]),
  );
  const counted = withFacts(denied, {
    // The totals are of the whole process; a count made on the way is too small, never too large.
    tokens: Math.max(stream.facts.tokens, resultTokens(event)),
    costUsd:
      event.total_cost_usd === null ? stream.facts.costUsd : Math.max(stream.facts.costUsd ?? 0, event.total_cost_usd),
    result: {
      subtype: event.subtype,
      isError: event.is_error,
      apiErrorStatus: event.api_error_status,
      text,
      report: event.structured_output,
    },
    finished: true,
  });
  const limited =
    event.is_error && (isLimitStatus(event.api_error_status) || isLimitText(text) || event.api_error === USAGE_LIMIT);
  if (!limited) return counted;
  return withLimit(counted, { until: resetTimeIn(text, time.now, time.timeZone), message: oneLine(text) });
}

/** What newer versions call a limit of the account, in `api_error`. */
const USAGE_LIMIT = 'usage_limit_reached';

/** 429: rate or usage limit. 529: the service is overloaded; waiting is the answer to both. */
function isLimitStatus(status: number | null): boolean {
  return status === 429 || status === 529;
}

/** How Claude Code tells subscribers; with an API key it is status 429. */
function isLimitText(text: string): boolean {
  return /usage limit reached|you['’]ve hit your .{0,60}limit|\d-hour limit reached/i.test(text);
}

/** A later sign of the same limit may say less: what is known of its end stays. */
function withLimit(stream: ClaudeStream, limit: ClaudeLimit): ClaudeStream {
  const until = limit.until ?? stream.facts.limit?.until ?? null;
  return withFacts(stream, { limit: { until, message: limit.message } });
}

function withFacts(stream: ClaudeStream, facts: Partial<ClaudeFacts>): ClaudeStream {
  return { ...stream, facts: { ...stream.facts, ...facts } };
}

function withDenials(stream: ClaudeStream, denials: readonly (readonly [string, PermissionDenial])[]): ClaudeStream {
  const denied = new Map(stream.denied);
  for (const [id, denial] of denials) {
    if (denied.has(id) || denied.size < DENIAL_LIMIT) denied.set(id, denial);
  }
  return { ...withFacts(stream, { denials: [...denied.values()] }), denied };
}

function without(
  calls: ReadonlyMap<string, PermissionDenial>,
  content: UserEvent['message']['content'],
): ReadonlyMap<string, PermissionDenial> {
  const answered = new Set(content.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : [])));
  return new Map([...calls].filter(([id]) => !answered.has(id)));
}

/** The part of a tool's input that says what it is about. */
export function toolCall(tool: string, input: Readonly<Record<string, unknown>>): PermissionDenial {
  const names = ['file_path', 'notebook_path', 'command', 'pattern', 'url', 'path', 'description'];
  const value = names.map((name) => input[name]).find((each) => typeof each === 'string');
  return { tool, target: typeof value === 'string' ? oneLine(value) : null, grant: grantFor(tool, input) };
}

/** The first line, cut to what a terminal shows beside a name. */
export function oneLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line.length <= ACTIVITY_LENGTH) return line;
  // Cut between characters, not inside a surrogate pair.
  return `${line.slice(0, ACTIVITY_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function tokensOf(usage: TokenUsage): number {
  return usage.input_tokens + usage.output_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens;
}

/** `usage` leaves out subagents and requests of an aborted turn; `modelUsage` has all. */
function resultTokens(event: ResultEvent): number {
  const models = Object.values(event.modelUsage).reduce((sum, model) => sum + modelTokens(model), 0);
  return Math.max(models, event.usage === null ? 0 : tokensOf(event.usage));
}

function modelTokens(model: ModelUsage): number {
  return model.inputTokens + model.outputTokens + model.cacheReadInputTokens + model.cacheCreationInputTokens;
}
