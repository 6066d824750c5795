import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

/*
 * A Messages API of the tests' own on 127.0.0.1: the real Claude Code CLI asks it what to do next, and the test's
 * script answers. Streams the events the CLI expects: message_start, each block, message_delta, message_stop.
 */

const blockSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().optional(),
  content: z.unknown().optional(),
});
type Block = z.output<typeof blockSchema>;

const contentSchema = z.union([
  z.string().transform((text): Block[] => [{ type: 'text', text }]),
  z.array(blockSchema),
]);

const requestSchema = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  system: contentSchema.optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema })),
  tools: z.array(z.looseObject({ name: z.string().optional() })).optional(),
});

export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
}

/** A request of the CLI, as a script needs to see it. */
export interface ApiRequest {
  /** `main`: a turn of an agent, with tools. `side`: a title, a summary, a check. */
  readonly kind: 'main' | 'side';
  readonly model: string;
  readonly system: string;
  /** All text the user's side has sent so far, hooks' and reminders' text included. */
  readonly userText: string;
  readonly tools: readonly string[];
  /** How many answers the conversation already has: 0 for the first turn. */
  readonly turn: number;
  /** What came back from the tools of the last answer, in the order of its calls. */
  readonly toolResults: readonly ToolResult[];
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export type AnswerBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly name: string; readonly input: Readonly<Record<string, unknown>> };

export type Answer =
  | { readonly kind: 'blocks'; readonly blocks: readonly AnswerBlock[] }
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly type: string;
      readonly message: string;
      readonly headers: Readonly<Record<string, string>>;
    };

/** Decides what the model says. May wait, for instance until the test lets it continue. */
export type Script = (request: ApiRequest) => Answer | Promise<Answer>;

export function say(text: string): Answer {
  return { kind: 'blocks', blocks: [{ type: 'text', text }] };
}

export function useTool(name: string, input: Readonly<Record<string, unknown>>): Answer {
  return { kind: 'blocks', blocks: [{ type: 'tool_use', name, input }] };
}

export function apiError(status: number, type: string, message: string, headers: Record<string, string> = {}): Answer {
  return { kind: 'error', status, type, message, headers };
}

/** One conversation: the n-th turn gets the n-th answer, and the last one serves all later turns. */
export function inTurn(...answers: readonly Answer[]): Script {
  return (request) => answers[Math.min(request.turn, answers.length - 1)] ?? say('Done.');
}

export class MessagesApi {
  /** Every request for a message, oldest first. */
  readonly requests: ApiRequest[] = [];
  /** What a script threw: the CLI is answered with an error, and the test should look here. */
  readonly faults: unknown[] = [];
  #messages = 0;

  private constructor(
    private readonly server: Server,
    private readonly script: Script,
  ) {}

  /** Listens on a free port of 127.0.0.1. Side requests are answered with a word and never reach the script. */
  static async start(script: Script): Promise<MessagesApi> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const api = new MessagesApi(server, script);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      api.#handle(request, response).catch((error: unknown) => {
        api.faults.push(error);
        if (!response.headersSent) sendError(response, 500, 'api_error', String(error), {});
        else response.destroy();
      });
    });
    return api;
  }

  /** For ANTHROPIC_BASE_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get mainRequests(): ApiRequest[] {
    return this.requests.filter((request) => request.kind === 'main');
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolved) => {
      this.server.close(() => resolved());
    });
    this.server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const text = await readBody(request);
    if (path === '/v1/messages' && request.method === 'POST') {
      await this.#answer(response, JSON.parse(text), request.headers);
    } else {
      sendJson(response, 200, path === '/v1/messages/count_tokens' ? { input_tokens: 100 } : {});
    }
  }

  async #answer(response: ServerResponse, body: unknown, headers: IncomingMessage['headers']): Promise<void> {
    const parsed = requestSchema.parse(body);
    const request = describe(parsed, body, headers);
    this.requests.push(request);
    const answer = request.kind === 'side' ? say('ok') : await this.script(request);
    const message = { id: `msg_${(this.#messages += 1)}`, model: parsed.model };
    if (answer.kind === 'error') {
      sendError(response, answer.status, answer.type, answer.message, answer.headers);
    } else if (parsed.stream === true) {
      stream(response, message, answer.blocks);
    } else {
      sendJson(response, 200, wholeMessage(message, answer.blocks));
    }
  }
}

function describe(
  request: z.output<typeof requestSchema>,
  body: unknown,
  headers: IncomingMessage['headers'],
): ApiRequest {
  const tools = (request.tools ?? []).flatMap((tool) => tool.name ?? []);
  const fromUser = request.messages.filter((message) => message.role === 'user');
  const last = fromUser.at(-1); // the CLI may put a message of the system's after it
  return {
    kind: tools.length > 0 ? 'main' : 'side',
    model: request.model,
    system: textOf(request.system ?? []),
    userText: fromUser.map((message) => textOf(message.content)).join('\n'),
    tools,
    turn: request.messages.filter((message) => message.role === 'assistant').length,
    toolResults: (last?.content ?? [])
      .filter((block) => block.type === 'tool_result')
      .sort((one, other) => placeOf(one) - placeOf(other))
      .map(toolResult),
    headers,
    body,
  };
}

function textOf(blocks: readonly Block[]): string {
  return blocks.flatMap((block) => block.text ?? []).join('\n');
}

/** Among the calls of its answer: results of calls that ran at the same time come in the order in which they ended. */
function placeOf({ tool_use_id: id = '' }: Block): number {
  return Number(id.slice(id.lastIndexOf('_') + 1));
}

function toolResult(block: Block): ToolResult {
  const content = contentSchema.safeParse(block.content);
  return { text: content.success ? textOf(content.data) : '', isError: block.is_error === true };
}

interface MessageHead {
  readonly id: string;
  readonly model: string;
}

// What a turn costs in the tests; small and never zero, so that sums can be checked.
const USAGE = { input_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 };

function contentBlocks(id: string, blocks: readonly AnswerBlock[]) {
  return blocks.map((block, index) => (block.type === 'text' ? block : { ...block, id: `toolu_${id}_${index}` }));
}

function stopReason(blocks: readonly AnswerBlock[]): string {
  return blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn';
}

function wholeMessage(head: MessageHead, blocks: readonly AnswerBlock[]) {
  const content = contentBlocks(head.id, blocks);
  return {
    ...head,
    type: 'message',
    role: 'assistant',
    content,
    stop_reason: stopReason(blocks),
    stop_sequence: null,
    usage: USAGE,
  };
}

function stream(response: ServerResponse, head: MessageHead, blocks: readonly AnswerBlock[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const event = (type: string, data: object) => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  event('message_start', { message: { ...wholeMessage(head, []), stop_reason: null } });
  for (const [index, block] of contentBlocks(head.id, blocks).entries()) {
    const [start, delta] =
      block.type === 'text'
        ? [
            { type: 'text', text: '' },
            { type: 'text_delta', text: block.text },
          ]
        : [
            { ...block, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
          ];
    event('content_block_start', { index, content_block: start });
    event('content_block_delta', { index, delta });
    event('content_block_stop', { index });
  }
  event('message_delta', {
    delta: { stop_reason: stopReason(blocks), stop_sequence: null },
    usage: { output_tokens: USAGE.output_tokens },
  });
  event('message_stop', {});
  response.end();
}

function sendError(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ type: 'error', error: { type, message } }));
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
