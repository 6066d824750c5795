import { parseEventLine } from '../base/json-line.js';
import * as z from 'zod';
import { completionReportSchema } from '../base/completion-schema.js';

/*
 * The events of Claude Code's `--output-format stream-json` that o8 reads, one JSON object a line. Fields that a version
 * may omit are optional; other lines are ignored.
 */

const count = z.number().nonnegative().catch(0);
const text = z.string().nullable().catch(null);
const record = z.record(z.string(), z.unknown());

const usage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});
const modelUsage = z.object({
  inputTokens: count,
  outputTokens: count,
  cacheReadInputTokens: count,
  cacheCreationInputTokens: count,
});

function joined(blocks: readonly { readonly text: string | null }[]): string {
  return blocks.flatMap(({ text: words }) => words ?? []).join('\n');
}

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const toolUseBlock = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: record.catch({}),
});
const toolResultBlock = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  is_error: z.boolean().catch(false),
  /** Text, or blocks of which only text blocks are used. */
  content: z.union([z.string(), z.array(z.looseObject({ text: text })).transform(joined)]).catch(''),
});
const otherBlock = z.object({ type: z.string() }).transform(() => ({ type: 'other' as const }));

const init = z.object({ type: z.literal('system'), subtype: z.literal('init'), session_id: z.string() });

/** A request failed and Claude Code retries it. */
const apiRetry = z.object({
  type: z.literal('system'),
  subtype: z.literal('api_retry'),
  error_status: z.number().nullable().catch(null),
});

const permissionDenied = z.object({
  type: z.literal('system'),
  subtype: z.literal('permission_denied'),
  tool_name: z.string(),
  tool_use_id: z.string(),
});

/** With `--include-hook-events`: `hook_name` is the event and the matched tool, such as `PreToolUse:Write`. */
const hookEvent = z.object({
  type: z.literal('system'),
  subtype: z.enum(['hook_started', 'hook_response']),
  hook_event: z.string(),
  hook_name: z.string().catch(''),
  stderr: text,
});

const flag = z.boolean().catch(false);
/** `isUsingOverage`, `overageInUse`: the limit is reached, and the account pays for usage beyond it. */
const rateLimitInfo = z.object({
  status: z.string(),
  /** Seconds since 1970. */
  resetsAt: z.number().nullable().catch(null),
  isUsingOverage: flag,
  overageInUse: flag,
});

const rateLimitEvent = z.object({ type: z.literal('rate_limit_event'), rate_limit_info: rateLimitInfo });

/** `error`: set on a message of Claude Code itself about a failed request. */
const assistant = z.object({
  type: z.literal('assistant'),
  parent_tool_use_id: text,
  error: text,
  /** The kind of that error, such as `usage_limit_reached`; since 2.1.3xx, as are its parameters. */
  api_error: text,
  api_error_params: z.object({ rate_limit_info: rateLimitInfo }).nullable().catch(null),
  message: z.object({
    id: z.string().catch(''),
    content: z.array(z.union([textBlock, toolUseBlock, otherBlock])).catch([]),
    usage: usage.nullable().catch(null),
  }),
});

const user = z.object({
  type: z.literal('user'),
  message: z.object({ content: z.array(z.union([toolResultBlock, otherBlock])).catch([]) }),
});

const result = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  api_error_status: z.number().nullable().catch(null),
  api_error: text,
  result: text,
  errors: z.array(z.string()).catch([]),
  total_cost_usd: z.number().nonnegative().nullable().catch(null),
  usage: usage.nullable().catch(null),
  modelUsage: z.record(z.string(), modelUsage).catch({}),
  permission_denials: z
    .array(z.object({ tool_name: z.string(), tool_use_id: z.string(), tool_input: record.catch({}) }))
    .catch([]),
  structured_output: completionReportSchema.nullable().catch(null),
});

const claudeEvent = z.union([assistant, user, init, apiRetry, permissionDenied, hookEvent, rateLimitEvent, result]);
export type ClaudeEvent = z.infer<typeof claudeEvent>;
export type AssistantEvent = z.infer<typeof assistant>;
export type RateLimitInfo = z.infer<typeof rateLimitInfo>;
export type UserEvent = z.infer<typeof user>;
export type ResultEvent = z.infer<typeof result>;
export type TokenUsage = z.infer<typeof usage>;
export type ModelUsage = z.infer<typeof modelUsage>;

/** One line of the stream; null when it is not JSON or not an event o8 reads. Never throws. */
export function parseClaudeEvent(line: string): ClaudeEvent | null {
  return parseEventLine(claudeEvent, line);
}
