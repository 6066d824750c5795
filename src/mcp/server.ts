import { spelled } from '../core/text/spelling.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type CallToolResult,
  type GetPromptResult,
  type Tool as McpTool,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { dirname, join } from 'node:path';
import { reportError } from '../core/text/report-error.js';
import { clipped } from '../core/text/bounds.js';
import { screenText } from '../core/text/screen-text.js';
import { quote } from '../core/text/untrusted-text.js';
import { VERSION } from '../core/base/version.js';
import { bundledProgram } from '../process/base/bundle.js';
import { catalogue, type CatalogueEntry } from '../tools/catalogue.js';
import type { ToolContext } from '../tools/context/define-tool.js';
import { instructions, type WhereDocumentsAre } from './instructions.js';
import { getPrompt, listPrompts } from './prompts.js';
import { protocolError } from './protocol-error.js';
import { requestFault } from './request-fault.js';
import { readResource, resources, resourceTemplates } from './resources.js';

/** Long enough for a plan of hundreds of tasks, short enough that a waiting `status` does not outlive its session. */
const LAST_ANSWERS_MS = 1000;
/** How much of an unreadable message is logged: enough to recognise it. */
const MOST_OF_BROKEN_MESSAGE = 300;

/**
 * Serves the tools over stdio. Keeps nothing in memory between calls: the client kills the server with every session.
 * An unknown method is answered at once, because newer clients try some before they choose a protocol version.
 */
export async function serve(cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  // The plugin already has the slash commands: as prompts they would be in every menu twice. And for resources Claude
  // Code would give its model three more tools.
  const stands: Stands = env['CLAUDE_PLUGIN_ROOT'] === undefined ? 'alone' : 'in the plugin';
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the high-level server starts slower and hides errors in text
  const server = new Server(
    { name: 'o8', title: 'o8', version: VERSION },
    {
      capabilities: { tools: {}, ...(stands === 'alone' ? { prompts: {}, resources: {} } : {}) },
      instructions: instructions(documentsOf(stands)),
    },
  );
  const tools = catalogue.map((tool) => describe(tool, documentsOf(stands)));
  const context: ToolContext = { cwd, env, now: () => new Date(), reader: 'chat' };

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
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
    if (progressToken === undefined) return tracked(call(params.name, params.arguments, context));
    let progress = 0;
    const report = (message: string): void => {
      progress += 1;
      const notification = { method: 'notifications/progress' as const, params: { progressToken, progress, message } };
      sendNotification(notification).catch(() => undefined); // the client has gone; this process ends soon
    };
    return tracked(call(params.name, params.arguments, { ...context, progress: report }));
  });
  if (stands === 'alone') {
    server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...resources] }));
    server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [...resourceTemplates] }));
    server.setRequestHandler(ReadResourceRequestSchema, async ({ params }) =>
      tracked(readResource(params.uri, context)).catch(throwProtocolError),
    );
    server.setRequestHandler(ListPromptsRequestSchema, () => ({
      prompts: listPrompts(server.getClientVersion()?.name),
    }));
    server.setRequestHandler(GetPromptRequestSchema, ({ params }) => prompt(params.name, params.arguments ?? {}));
  }
  server.onerror = (error) => {
    // The client sent a broken message; the server continues.
    process.stderr.write(`o8: ${screenText(clipped(error.message, MOST_OF_BROKEN_MESSAGE))}\n`);
  };
  // Started through a wrapper such as npx, the server does not receive the client's signals: the session ends with
  // stdin. Pending calls are still answered if they take no longer than LAST_ANSWERS_MS.
  process.stdin.on('end', () => {
    setTimeout(() => process.exit(0), LAST_ANSWERS_MS).unref();
    const leave = (): void => {
      setImmediate(() => process.exit(0)); // the last answer is written first
    };
    Promise.allSettled(inFlight).then(leave, leave);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
  const transport = new StdioServerTransport();
  await server.connect(transport);
  answerMalformedRequests(transport);
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

type Stands = 'alone' | 'in the plugin';

function documentsOf(stands: Stands): WhereDocumentsAre {
  switch (stands) {
    case 'alone':
      return { planFolder: 'resource o8://docs/plan-folder', features: 'o8://docs/features' };
    case 'in the plugin': {
      const docs = join(packageFolder(), 'docs');
      return { planFolder: join(docs, 'manifest.md'), features: join(docs, 'features.md') };
    }
  }
}

/** The folder of the installed package, which contains `dist/`. */
function packageFolder(): string {
  return dirname(dirname(bundledProgram('o8.js')));
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

/** Newer clients show the tools to their model before the instructions, so the tool `plan` names the documents too. */
function describe(
  { name, title, description, input, output, annotations }: CatalogueEntry,
  { planFolder, features }: WhereDocumentsAre,
): McpTool {
  const documents = name === 'plan' ? ` How plans are written: ${planFolder}; features: ${features}.` : '';
  return {
    name,
    description: `${description}${documents}`,
    inputSchema: objectSchema(input, 'input'),
    outputSchema: objectSchema(output, 'output'),
    annotations: { title, ...annotations },
  };
}

const objectSchemaShape = z.looseObject({ type: z.literal('object') });

function objectSchema(schema: z.ZodObject, io: 'input' | 'output'): McpTool['inputSchema'] {
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  delete json.$schema; // costs tokens in each listing and is of no use to a model
  return objectSchemaShape.parse(json);
}

async function call(name: string, args: unknown, context: ToolContext): Promise<CallToolResult> {
  const tool = catalogue.find((candidate) => candidate.name === name);
  if (tool === undefined) {
    const known = catalogue.map((each) => each.name).join(', ');
    throw new McpError(ErrorCode.InvalidParams, `There is no tool ${quote(name)}; there are ${known}.`);
  }
  try {
    const structuredContent = await tool.call(args, context);
    return { structuredContent, content: [{ type: 'text', text: JSON.stringify(structuredContent) }] };
  } catch (error) {
    const report = spelled(reportError(error), context.reader);
    return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: report }) }] };
  }
}
