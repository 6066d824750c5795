import { spelled } from '../core/text/spelling.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { deserializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type CallToolResult,
  type GetPromptResult,
} from '@modelcontextprotocol/sdk/types.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reportError } from '../core/text/report-error.js';
import { clipped } from '../core/text/bounds.js';
import { screenText } from '../core/text/screen-text.js';
import { quote } from '../core/text/untrusted-text.js';
import { catalogue } from '../tools/catalogue.js';
import type { ToolContext } from '../tools/context/define-tool.js';
import { answerForm, inForm, type AnswerForm } from './answer-form.js';
import { instructions } from './instructions.js';
import { capabilitiesOf, SERVER, type McpClient } from './opening.js';
import { getPrompt, listPrompts } from './prompts.js';
import { protocolError } from './protocol-error.js';
import { requestFault } from './request-fault.js';
import { readResource, resources, resourceTemplates } from './resources.js';
import { documentsOf, packageFolder, type Stands } from './stands.js';

/** How much of an unreadable message is logged: enough to recognise it. */
const MOST_OF_BROKEN_MESSAGE = 300;

/** The whole server, with the tools, after `opening` has answered the client's first requests. */
export interface WholeServer {
  /** One message as the client wrote it. */
  receive(line: string): void;
  /** Resolves when all requests received so far are answered. */
  answered(): Promise<void>;
}

export interface ServerOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stands: Stands;
  readonly client: McpClient | null;
  readonly write: (line: string) => void;
}

/** Keeps nothing in memory between calls: the client kills the server with every session. */
export async function openServer({ cwd, env, stands, client, write }: ServerOptions): Promise<WholeServer> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the high-level server starts slower and hides errors in text
  const server = new Server(SERVER, {
    capabilities: capabilitiesOf(stands),
    instructions: instructions(documentsOf(stands)),
  });
  const form = answerForm(client);
  const context: ToolContext = { cwd, env, now: () => new Date(), reader: 'chat' };

  const inFlight = new Set<Promise<unknown>>();
  const tracked = async <T>(answer: Promise<T>): Promise<T> => {
    inFlight.add(answer);
    try {
      return await answer;
    } finally {
      inFlight.delete(answer);
    }
  };
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendNotification }) => {
    const { progressToken } = params._meta ?? {};
    if (progressToken === undefined) return tracked(call(params.name, params.arguments, context, form));
    let progress = 0;
    const report = (message: string): void => {
      progress += 1;
      const notification = { method: 'notifications/progress' as const, params: { progressToken, progress, message } };
      sendNotification(notification).catch(() => undefined); // the client has gone; this process ends soon
    };
    return tracked(call(params.name, params.arguments, { ...context, progress: report }, form));
  });
  if (stands === 'alone') {
    server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...resources] }));
    server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [...resourceTemplates] }));
    server.setRequestHandler(ReadResourceRequestSchema, async ({ params }) =>
      tracked(readResource(params.uri, context)).catch(throwProtocolError),
    );
    server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: listPrompts(client?.name) }));
    server.setRequestHandler(GetPromptRequestSchema, ({ params }) => prompt(params.name, params.arguments ?? {}));
  }
  server.onerror = (error) => {
    // The client sent a broken message; the server continues.
    process.stderr.write(`o8: ${screenText(clipped(error.message, MOST_OF_BROKEN_MESSAGE))}\n`);
  };
  const transport: Transport = {
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    send: (message) => {
      write(JSON.stringify(message));
      return Promise.resolve();
    },
  };
  await server.connect(transport);
  answerMalformedRequests(transport);
  return {
    receive: (line) => {
      try {
        transport.onmessage?.(deserializeMessage(line));
      } catch (error) {
        transport.onerror?.(error instanceof Error ? error : new Error(String(error)));
      }
    },
    answered: async () => {
      await nextTurn(); // the SDK starts a request's handler a moment after it has received it
      await Promise.allSettled(inFlight);
    },
  };
}

/**
 * The SDK answers a request with malformed params with an internal error in the words of its schema library; the
 * protocol wants "invalid params".
 */
function answerMalformedRequests(transport: Transport): void {
  const { onmessage } = transport;
  transport.onmessage = (message, extra) => {
    const fault = requestFault(message);
    if (fault === null) onmessage?.(message, extra);
    else {
      transport.send({ jsonrpc: '2.0', id: fault.id, error: fault.error }).catch((error: unknown) => {
        transport.onerror?.(error instanceof Error ? error : new Error(String(error)));
      });
    }
  };
}

function prompt(name: string, args: Readonly<Record<string, string>>): GetPromptResult {
  try {
    return getPrompt(name, args, packageFolder());
  } catch (error) {
    throw protocolError(error);
  }
}

function throwProtocolError(error: unknown): never {
  throw protocolError(error);
}

async function call(name: string, args: unknown, context: ToolContext, form: AnswerForm): Promise<CallToolResult> {
  const tool = catalogue.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    const known = catalogue.map((each) => each.name).join(', ');
    throw new McpError(ErrorCode.InvalidParams, `There is no tool ${quote(name)}; there are ${known}.`);
  }
  try {
    return inForm(form, await tool.call(args, context));
  } catch (error) {
    const report = spelled(reportError(error), context.reader);
    return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: report }) }] };
  }
}
