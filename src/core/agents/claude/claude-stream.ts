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
import {
  NO_FACTS,
  oneLine,
  type AgentFacts,
  type AgentLimit,
  type AgentResult,
  type PermissionDenial,
  type ReadingTime,
} from '../base/agent-facts.js';
import { grantFor } from './permission-grant.js';
import { plausibleReset, resetTimeIn } from '../base/reset-time.js';

/** The facts, and the state needed to add the next line. Values are never changed in place. */
export interface ClaudeStream {
  readonly facts: AgentFacts;
  /** Tool calls without a result yet, by id: a denial names only the id. */
  readonly calls: ReadonlyMap<string, PermissionDenial>;
  readonly denied: ReadonlyMap<string, PermissionDenial>;
  readonly guard: GuardSight;
  /** Tokens of the current message of each conversation (main and subagents); a message has several lines. */
  readonly messages: ReadonlyMap<string, { readonly id: string; readonly tokens: number }>;
}

export const EMPTY_CLAUDE_STREAM: ClaudeStream = {
  facts: NO_FACTS,
  guard: NO_SIGHT,
  calls: new Map(),
  denied: new Map(),
  messages: new Map(),
};

/** The agent's output is untrusted, so the numbers are limited. */
const DENIAL_LIMIT = 20;
const CALL_LIMIT = 200;
const CONVERSATION_LIMIT = 200;
/** Adds one line of `--output-format stream-json`. Other lines change nothing. Never throws. */
export function foldClaudeLine(stream: ClaudeStream, line: string, time: ReadingTime): ClaudeStream {
  const event = parseClaudeEvent(line);
  if (event === null) return stream;
  const guard = foldGuardSight(stream.guard, event);
  const { unguarded } = guard;
  const seen = { ...stream, guard };
  return foldEvent(unguarded === null ? seen : withFacts(seen, { unguarded }), event, time);
}

/** A cheap check before parsing JSON: most lines of an agent's output are other events. */
const MAYBE_SESSION_EVENT = /"(?:subtype"\s*:\s*"init|type"\s*:\s*"result)"/;

/** Whether a line is an event that names the session or its result. */
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
            ? withLimit(stream, { until: null, message: `the API answered ${String(event.error_status)}` })
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
      // The structured result is not an activity.
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

/** Claude Code gave up a request and reports it in a message with a text and the kind of error. */
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
    // The result has the totals of the process; a count of single messages is never larger.
    tokens: Math.max(stream.facts.tokens, resultTokens(event)),
    costUsd:
      event.total_cost_usd === null ? stream.facts.costUsd : Math.max(stream.facts.costUsd ?? 0, event.total_cost_usd),
    result: resultOf(event, text),
    finished: true,
  });
  const limited =
    event.is_error && (isLimitStatus(event.api_error_status) || isLimitText(text) || event.api_error === USAGE_LIMIT);
  if (!limited) return counted;
  return withLimit(counted, { until: resetTimeIn(text, time.now, time.timeZone), message: oneLine(text) });
}

/** The attempt's own limits. They are its reason even if a rate limit was seen before. */
const OWN_LIMITS: Readonly<Record<string, 'budget' | 'turns' | 'form'>> = {
  error_max_budget_usd: 'budget',
  error_max_turns: 'turns',
  error_max_structured_output_retries: 'form',
};

/** `text`: the text of the result. */
export function resultOf(
  event: Pick<ResultEvent, 'subtype' | 'is_error' | 'api_error_status' | 'structured_output'>,
  text: string,
): AgentResult {
  const { subtype, is_error: isError, api_error_status: status, structured_output: report } = event;
  if (!isError) return { kind: 'done', text, report };
  const limit = Object.hasOwn(OWN_LIMITS, subtype) ? (OWN_LIMITS[subtype] ?? null) : null;
  const words = text === '' && limit === null ? `the agent ended with ${subtype}` : text;
  // A refused request (bad key, no credit, unknown model) would be refused again; a server error is temporary.
  return { kind: 'failed', text: words, limit, retryable: status === null || status >= 500 || status === 408 };
}

/** The value of `api_error` for a limit of the account, in newer versions. */
const USAGE_LIMIT = 'usage_limit_reached';

/** 429: rate or usage limit. 529: the service is overloaded. Both need waiting. */
function isLimitStatus(status: number | null): boolean {
  return status === 429 || status === 529;
}

/** The messages for subscribers; with an API key it is status 429. */
function isLimitText(text: string): boolean {
  return /usage limit reached|you['’]ve hit your .{0,60}limit|\d-hour limit reached/i.test(text);
}

/** A later message about the same limit may not have its end: the known end is kept. */
function withLimit(stream: ClaudeStream, limit: AgentLimit): ClaudeStream {
  const until = limit.until ?? stream.facts.limit?.until ?? null;
  return withFacts(stream, { limit: { until, message: limit.message } });
}

function withFacts(stream: ClaudeStream, facts: Partial<AgentFacts>): ClaudeStream {
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

/** A tool call with the most telling value of its input. */
export function toolCall(tool: string, input: Readonly<Record<string, unknown>>): PermissionDenial {
  const names = ['file_path', 'notebook_path', 'command', 'pattern', 'url', 'path', 'description'];
  const value = names.map((name) => input[name]).find((each) => typeof each === 'string');
  return { tool, target: typeof value === 'string' ? oneLine(value) : null, grant: grantFor(tool, input) };
}

function tokensOf(usage: TokenUsage): number {
  return usage.input_tokens + usage.output_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens;
}

/** `usage` omits subagents and requests of an aborted turn; `modelUsage` includes them. */
function resultTokens(event: ResultEvent): number {
  const models = Object.values(event.modelUsage).reduce((sum, model) => sum + modelTokens(model), 0);
  return Math.max(models, event.usage === null ? 0 : tokensOf(event.usage));
}

function modelTokens(model: ModelUsage): number {
  return model.inputTokens + model.outputTokens + model.cacheReadInputTokens + model.cacheCreationInputTokens;
}
