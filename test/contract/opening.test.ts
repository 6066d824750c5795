import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { SUPPORTED_PROTOCOL_VERSIONS, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { instructions } from '../../src/mcp/instructions.js';
import { capabilitiesOf, opening, PROTOCOL_VERSIONS, SERVER } from '../../src/mcp/opening.js';
import { documentsOf, type Stands } from '../../src/mcp/stands.js';
import { toolDefinitions } from '../../src/mcp/tool-definitions.js';
import { createRepository } from '../support/git/repository.js';
import { O8_PROGRAM } from '../support/programs/mcp-client.js';

// What the server answers before its tools are loaded, and in which form it gives their answers.

const MOST_TOKENS = 2500;
const CHARACTERS_PER_TOKEN = 4;

const answerSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  result: z.looseObject({}).optional(),
  error: z.looseObject({ code: z.number() }).optional(),
});
type Answer = z.output<typeof answerSchema>;

/** A server spoken to in bare messages; ends with the test. */
function bareServer(program: string, cwd: string) {
  const child = spawn(process.execPath, [program, 'mcp'], { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (message: object): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    return answerSchema.parse(JSON.parse(z.string().parse((await lines.next()).value)));
  };
  return { ask };
}

const initialize = (name: string, protocolVersion: string) => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: { protocolVersion, capabilities: { roots: {} }, clientInfo: { name, version: '1' } },
});
const LIST = { jsonrpc: '2.0', id: 2, method: 'tools/list' };

/** A folder with some of the programs of `dist/` and nothing else. */
async function partOfDist(...names: string[]): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-part-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const name of names) await copyFile(join(dirname(O8_PROGRAM), name), join(folder, name));
  return folder;
}

describe('the first answers of the server', () => {
  it('need none of the tools: until the list of tools is answered, two small files are loaded', async () => {
    const folder = await partOfDist('o8.js', 'mcp.js');
    const { ask } = bareServer(join(folder, 'o8.js'), folder);
    expect((await ask(initialize('any', '2025-06-18'))).result).toMatchObject({ protocolVersion: '2025-06-18' });
    expect((await ask({ jsonrpc: '2.0', id: 3, method: 'server/discover' })).error?.code).toBe(-32601);
    expect((await ask({ jsonrpc: '2.0', id: 4, method: 'ping' })).result).toEqual({});
    expect((await ask(LIST)).result).toHaveProperty('tools.length', 7);
  });

  it('list the tools as their own code describes them, in less than 2,500 tokens', async () => {
    const { ask } = bareServer(O8_PROGRAM, tmpdir());
    const { tools } = z.object({ tools: z.array(z.looseObject({})) }).parse((await ask(LIST)).result);
    const described = (await toolDefinitions()).map((tool) =>
      tool.name === 'plan' ? { ...tool, description: expect.stringContaining(tool.description) as string } : tool,
    );
    expect(tools).toEqual(described);
    expect(JSON.stringify(tools).length / CHARACTERS_PER_TOKEN).toBeLessThan(MOST_TOKENS);
  });

  it.each<Stands>(['alone', 'in the plugin'])(
    'are those of the SDK, %s, for every protocol version',
    async (stands) => {
      expect(PROTOCOL_VERSIONS).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
      for (const version of [...PROTOCOL_VERSIONS, '2026-07-28', 'x']) {
        const request = initialize('any', version);
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- as the server itself
        const server = new Server(SERVER, {
          capabilities: capabilitiesOf(stands),
          instructions: instructions(documentsOf(stands)),
        });
        const [client, transport] = InMemoryTransport.createLinkedPair();
        const answered = new Promise<JSONRPCMessage>((answer) => (client.onmessage = answer));
        await server.connect(transport);
        await client.send(request as JSONRPCMessage);
        expect(opening(request, stands)).toMatchObject({ kind: 'answer', answer: await answered });
        await server.close();
      }
    },
  );

  it.each<[string, unknown]>([
    ['no JSON', null],
    ['a list of messages', [LIST]],
    ['an answer', { jsonrpc: '2.0', id: 1, result: {} }],
    ['no id', { ...LIST, id: null }],
    ['parameters that are a list', { ...LIST, params: [] }],
    ['a cursor', { ...LIST, params: { cursor: 7 } }],
    ['a wrong progress token', { ...LIST, params: { _meta: { progressToken: {} } } }],
    ['a client without a name', { ...LIST, method: 'initialize', params: { protocolVersion: '2025-06-18' } }],
    ['a call', { ...LIST, method: 'tools/call', params: { name: 'status' } }],
  ])('leave %s to the whole server', (_, message) => {
    expect(opening(message, 'alone')).toEqual({ kind: 'pass on' });
  });
});

describe('the answer of a tool', () => {
  const CALL = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'status', arguments: {} } };

  it.each([
    ['claude-code', '2025-06-18', { structured: true, text: false }],
    ['claude-code', '2025-11-25', { structured: true, text: false }],
    ['any', '2025-11-25', { structured: true, text: true }],
    ['any', '2025-06-18', { structured: true, text: true }],
    ['any', '2025-03-26', { structured: false, text: true }],
    ['claude-code', '2024-11-05', { structured: false, text: true }],
  ])('reaches %s with protocol %s: %j', async (name, version, { structured, text }) => {
    const repository = await createRepository({ files: { 'a.txt': 'a\n' } });
    onTestFinished(() => repository.remove());
    const { ask } = bareServer(O8_PROGRAM, repository.root);
    await ask(initialize(name, version));
    const { content, structuredContent } = z
      .object({ content: z.array(z.looseObject({ text: z.string() })), structuredContent: z.unknown().optional() })
      .parse((await ask(CALL)).result);
    const answer = { state: 'none', counts: {}, cursor: 0, tasks: [] };
    if (structured) expect(structuredContent).toMatchObject(answer);
    else expect(structuredContent).toBeUndefined();
    expect(content.map((part) => JSON.parse(part.text) as unknown)).toEqual(
      text ? [expect.objectContaining(answer)] : [],
    );
  });
});

describe('o8 --version', () => {
  it('loads nothing but the program itself', async () => {
    const folder = await partOfDist('o8.js');
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'o8.js'), '--version']);
    expect(stdout).toBe(`${SERVER.version}\n`);
  });
});
