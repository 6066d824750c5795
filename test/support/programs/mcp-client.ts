import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import * as z from 'zod';

export const O8_PROGRAM = resolve(import.meta.dirname, '../../../dist/o8.js');

export interface ToolAnswer {
  readonly isError: boolean;
  /** The structured content: all that a model sees of a result. Empty when there is none. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The text beside it. */
  readonly text: string;
}

const answerSchema = z.looseObject({
  isError: z.boolean().optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
});

/** `o8 mcp` as an MCP host runs it, spoken to by the official client. */
export class McpConnection {
  private constructor(
    readonly client: Client,
    private readonly transport: StdioClientTransport,
    private readonly errors: Promise<string>,
  ) {}

  /**
   * Starts the built server in `cwd` with this environment, on top of the HOME, PATH, SHELL and TERM the client adds.
   * `name`: what the client calls itself.
   */
  static async open(cwd: string, env: Readonly<Record<string, string>>, name = 'o8-tests'): Promise<McpConnection> {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [O8_PROGRAM, 'mcp'],
      cwd,
      env: { ...env },
      stderr: 'pipe',
    });
    const errors = transport.stderr instanceof Readable ? text(transport.stderr) : Promise.resolve('');
    const client = new Client({ name, version: '0.0.0' });
    await client.connect(transport);
    return new McpConnection(client, transport, errors);
  }

  get pid(): number {
    const { pid } = this.transport;
    if (pid === null) throw new Error('the server has ended');
    return pid;
  }

  /** `onProgress` gets what the server says while it works. */
  async call(
    tool: string,
    input: Readonly<Record<string, unknown>> = {},
    onProgress?: (message: string) => void,
  ): Promise<ToolAnswer> {
    const options =
      onProgress === undefined
        ? {}
        : { onprogress: ({ message }: { message?: string | undefined }) => onProgress(message ?? '') };
    const result = answerSchema.parse(
      await this.client.callTool({ name: tool, arguments: { ...input } }, undefined, options),
    );
    return {
      isError: result.isError === true,
      content: result.structuredContent ?? {},
      text: result.content.flatMap((part) => part.text ?? []).join('\n'),
    };
  }

  /** Ends the server by closing its stdin, as hosts do. Returns all it wrote to stderr. */
  async close(): Promise<string> {
    await this.client.close();
    return this.errors;
  }
}
