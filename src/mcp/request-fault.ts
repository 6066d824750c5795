import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  InitializeRequestSchema,
  isJSONRPCRequest,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  PingRequestSchema,
  ReadResourceRequestSchema,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import type * as z from 'zod';
import { inputProblems, problemText } from '../core/input/schema-words.js';

interface RequestFault {
  readonly id: RequestId;
  readonly error: { readonly code: number; readonly message: string };
}

const SCHEMAS = new Map<string, z.ZodType>([
  ['initialize', InitializeRequestSchema],
  ['ping', PingRequestSchema],
  ['tools/list', ListToolsRequestSchema],
  ['tools/call', CallToolRequestSchema],
  ['prompts/list', ListPromptsRequestSchema],
  ['prompts/get', GetPromptRequestSchema],
  ['resources/list', ListResourcesRequestSchema],
  ['resources/templates/list', ListResourceTemplatesRequestSchema],
  ['resources/read', ReadResourceRequestSchema],
]);

/** The answer to a request whose params do not match the protocol; null for any other message. */
export function requestFault(message: JSONRPCMessage): RequestFault | null {
  if (!isJSONRPCRequest(message)) return null;
  const { id, method, params } = message;
  const schema = SCHEMAS.get(method);
  const request = { method, ...(params === undefined ? {} : { params }) };
  const parsed = schema?.safeParse(request);
  if (schema === undefined || parsed === undefined || parsed.success) return null;
  const problems = inputProblems(schema, request, parsed.error.issues).map((each) => problemText(each, 'the request'));
  return { id, error: { code: ErrorCode.InvalidParams, message: `${method}: ${problems.join('; ')}` } };
}
