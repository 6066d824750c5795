import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

/*
 * A Responses API of the tests' own on 127.0.0.1: the real Codex CLI asks it what to do next, and the test's script answers.
 * Streams the events the CLI expects: response.created, each item, response.completed.
 */

const itemSchema = z.looseObject({
  type: z.string().optional(),
  role: z.string().optional(),
  content: z.array(z.looseObject({ text: z.string().optional() })).optional(),
  output: z.unknown().optional(),
});
const requestSchema = z.looseObject({ model: z.string(), input: z.array(itemSchema) });

/** A request of the CLI, as a script needs to see it. */
export interface CodexRequest {
  readonly model: string;
  /** What the user's side has said so far, instructions from `AGENTS.md` included. */
  readonly userText: string;
  /** What came back from the calls of the whole conversation, oldest first. */
  readonly outputs: readonly string[];
}

export type CodexAnswer =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'error'; readonly status: number; readonly error: Readonly<Record<string, unknown>> };

/** Decides what the model says. May wait, for instance until the test lets it continue. */
export type CodexScript = (request: CodexRequest) => CodexAnswer | Promise<CodexAnswer>;

export class ResponsesApi {
  /** Every request, oldest first. */
  readonly requests: CodexRequest[] = [];
  /** What a script threw, and requests for anything else. */
  readonly faults: unknown[] = [];

  private constructor(
    private readonly server: Server,
    private readonly script: CodexScript,
  ) {}

  static async start(script: CodexScript): Promise<ResponsesApi> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const api = new ResponsesApi(server, script);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      api.#answer(request, response).catch((error: unknown) => {
        api.faults.push(error);
        response.destroy();
      });
    });
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolved) => {
      this.server.close(() => resolved());
    });
    this.server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (request.url !== '/v1/responses') throw new Error(`asked for ${request.url ?? ''}`);
    const { model, input } = requestSchema.parse(JSON.parse(body));
    const asked: CodexRequest = {
      model,
      userText: input
        .filter(({ role }) => role === 'user')
        .flatMap(({ content = [] }) => content.map((part) => part.text ?? ''))
        .join('\n'),
      outputs: input
        .filter(({ type }) => type === 'function_call_output')
        .map(({ output }) => (typeof output === 'string' ? output : JSON.stringify(output))),
    };
    this.requests.push(asked);
    const answer = await this.script(asked);
    if (answer.kind === 'error') {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: answer.error }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const id = `resp_${String(this.requests.length)}`;
    const send = (type: string, data: object): void => {
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    };
    send('response.created', { response: { id } });
    send('response.output_item.done', { output_index: 0, item: itemOf(answer, id) });
    const usage = { input_tokens: 100, input_tokens_details: null, output_tokens: 10, total_tokens: 110 };
    send('response.completed', { response: { id, usage } });
    response.end();
  }
}

function itemOf(answer: Exclude<CodexAnswer, { kind: 'error' }>, id: string): object {
  switch (answer.kind) {
    case 'say':
      return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: answer.text }] };
    case 'run': {
      const call = JSON.stringify({ cmd: answer.command, yield_time_ms: 29_000 });
      return { type: 'function_call', name: 'exec_command', call_id: `call_${id}`, arguments: call };
    }
  }
}
