import { parseEventLine } from '../base/json-line.js';
import * as z from 'zod';

/*
 * The events of `codex exec --json` that o8 reads, one JSON object a line. Fields that a version may omit are optional;
 * other lines are ignored.
 */

const count = z.number().nonnegative().catch(0);
const text = z.string().catch('');

/** `status`: `in_progress`, `completed`, `failed` or `declined`. */
const item = z.looseObject({
  type: z.string(),
  status: text,
  /** For a message, reasoning or error. */
  text,
  message: text,
  /** For a command. */
  command: text,
  aggregated_output: text,
  exit_code: z.number().nullable().catch(null),
  /** For a file change. */
  changes: z.array(z.object({ path: z.string(), kind: text })).catch([]),
  /** For a call of an MCP tool, and for a search. */
  server: text,
  tool: text,
  query: text,
});

const thread = z.object({ type: z.literal('thread.started'), thread_id: z.string() });
const turnStarted = z.object({ type: z.literal('turn.started') });
const itemEvent = z.object({ type: z.enum(['item.started', 'item.updated', 'item.completed']), item });
/** `usage` is the total of the whole thread, even in a resumed process; input tokens include cached ones. */
const turnCompleted = z.object({
  type: z.literal('turn.completed'),
  usage: z.object({ input_tokens: count, output_tokens: count }).nullable().catch(null),
});
const turnFailed = z.object({ type: z.literal('turn.failed'), error: z.object({ message: text }) });
/** Also printed for a request that is retried: `Reconnecting... 1/5 (…)`. */
const error = z.object({ type: z.literal('error'), message: text });

const codexEvent = z.union([thread, turnStarted, itemEvent, turnCompleted, turnFailed, error]);
export type CodexEvent = z.infer<typeof codexEvent>;
export type CodexItem = z.infer<typeof item>;

/** One line of the output; null when it is not JSON or not an event o8 reads. Never throws. */
export function parseCodexEvent(line: string): CodexEvent | null {
  return parseEventLine(codexEvent, line);
}
