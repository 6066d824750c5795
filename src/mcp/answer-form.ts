import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { McpClient } from './opening.js';

/** In which part of a tool result the client gets an answer. */
export type AnswerForm = 'structured' | 'text' | 'both';

/** The first protocol version with structured content. */
const STRUCTURED_SINCE = '2025-06-18';

/** Clients known to give their model the structured content and nothing beside it: docs/decisions/0028. */
const TAKE_STRUCTURED_ALONE: readonly string[] = ['claude-code'];

/** One copy where the client is known to need no more. */
export function answerForm(client: McpClient | null): AnswerForm {
  if (client === null) return 'both';
  if (client.protocolVersion < STRUCTURED_SINCE) return 'text';
  return TAKE_STRUCTURED_ALONE.includes(client.name) ? 'structured' : 'both';
}

export function inForm(form: AnswerForm, answer: Record<string, unknown>): CallToolResult {
  const text = (): CallToolResult['content'] => [{ type: 'text', text: JSON.stringify(answer) }];
  switch (form) {
    case 'structured':
      return { content: [], structuredContent: answer };
    case 'text':
      return { content: text() };
    case 'both':
      return { structuredContent: answer, content: text() };
  }
}
