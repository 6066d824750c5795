import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { catalogue } from '../../src/tools/catalogue.js';
import { McpConnection } from '../support/programs/mcp-client.js';

// What the tools promise to the models and programs that read their list.

const MOST_TOOLS = 8;
const MOST_TOKENS = 2000;
const CHARACTERS_PER_TOKEN = 4;

let folder: string;
let server: McpConnection;
let tools: readonly Tool[];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-catalogue-')));
  server = await McpConnection.open(folder, {});
  ({ tools } = await server.client.listTools());
});
afterAll(async () => {
  expect(await server.close()).toBe('');
  await rm(folder, { recursive: true, force: true });
});

/** A JSON schema that zod can read is valid. */
function fromJsonSchema(schema: unknown): z.ZodType {
  return z.fromJSONSchema(z.record(z.string(), z.unknown()).parse(schema));
}

describe('the catalogue', () => {
  it('has the tools of the contract and no more than eight', () => {
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(['preflight', 'plan', 'spawn', 'status', 'abort', 'merge', 'cleanup']);
    expect(names.length).toBeLessThanOrEqual(MOST_TOOLS);
  });

  it('costs a model less than 2,000 tokens', () => {
    // Claude Code sends neither output schemas nor annotations to the model.
    const sent = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    expect(JSON.stringify(sent).length / CHARACTERS_PER_TOKEN).toBeLessThan(MOST_TOKENS);
  });

  it('describes each tool in one line of 40 to 300 characters', () => {
    for (const { name, description = '' } of tools) {
      expect(description, name).not.toContain('\n');
      expect(description.length, `${name}: ${description}`).toBeGreaterThanOrEqual(40);
      expect(description.length, `${name}: ${description}`).toBeLessThanOrEqual(300);
    }
  });

  it('declares for each tool its title and whether it writes, destroys and may be repeated', () => {
    for (const { name, annotations = {} } of tools) {
      const hints = [annotations.readOnlyHint, annotations.destructiveHint, annotations.idempotentHint];
      expect(
        hints.map((hint) => typeof hint),
        name,
      ).toEqual(['boolean', 'boolean', 'boolean']);
      expect(annotations.title, name).toMatch(/^[A-Z][\w ]{2,40}$/);
    }
    const readOnly = tools.filter(({ annotations }) => annotations?.readOnlyHint === true).map(({ name }) => name);
    expect(readOnly).toEqual(['preflight', 'plan', 'status']);
    const destructive = tools
      .filter(({ annotations }) => annotations?.destructiveHint === true)
      .map(({ name }) => name);
    expect(destructive).toEqual(['abort', 'cleanup']);
  });

  it('has valid JSON schemas of objects for input and output; unknown inputs are refused', () => {
    for (const { name, inputSchema, outputSchema } of tools) {
      expect(() => fromJsonSchema(inputSchema), name).not.toThrow();
      expect(outputSchema, name).toBeDefined();
      expect(() => fromJsonSchema(outputSchema), name).not.toThrow();
      expect(inputSchema, name).toMatchObject({ type: 'object', additionalProperties: false });
      expect(outputSchema, name).toMatchObject({ type: 'object' });
      expect(fromJsonSchema(inputSchema).safeParse({ frobnicate: true }).success, name).toBe(false);
    }
  });

  it('takes a selection in the tools that need one, with the keys of the contract', () => {
    const keysOf = (name: string) =>
      Object.keys(tools.find((tool) => tool.name === name)?.inputSchema.properties ?? {});
    const selection = ['dir', 'features', 'epic', 'wave', 'skip'];
    expect(keysOf('preflight')).toEqual(selection);
    expect(keysOf('plan')).toEqual([...selection, 'maxConcurrent', 'mergeInto', 'schedule']);
    expect(keysOf('spawn')).toEqual(
      expect.arrayContaining([
        ...keysOf('plan'),
        'retryFailed',
        'resume',
        'force',
        'skipPreflight',
        'mergeInto',
        'budgetUsd',
        'pause',
        'runId',
      ]),
    );
    expect(keysOf('status')).toEqual(['runId', 'epic', 'task', 'since', 'waitSeconds', 'tail']);
    expect(keysOf('abort')).toEqual(['runId', 'task', 'cleanup', 'dryRun']);
    expect(keysOf('merge')).toEqual(expect.arrayContaining(['runId', 'task', 'dryRun']));
    expect(keysOf('cleanup')).toEqual(['runId', 'all', 'task', 'force', 'dryRun']);
  });
});

/** Fields with these names contain or quote text of the repository or of an agent. */
const UNTRUSTED = new Set([
  ...['message', 'reason', 'text', 'tail', 'notes', 'files', 'silent', 'why', 'what', 'path', 'problems', 'warnings'],
  ...['lastActivity', 'command', 'mermaid', 'conflictsUnknown'],
]);

/** Paths of such fields whose description does not say that they are untrusted. */
function unsaid(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((each) => unsaid(each, at));
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (key !== 'properties' || typeof value !== 'object' || value === null) return unsaid(value, at);
    return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
      const said = /untrusted/i.test(JSON.stringify(field));
      const silent = UNTRUSTED.has(name) && isText(field) && !said ? [`${at}.${name}`] : [];
      return [...silent, ...unsaid(field, `${at}.${name}`)];
    });
  });
}

function isText(field: unknown): boolean {
  const text = z.object({ type: z.literal('string') });
  return text.or(z.object({ type: z.literal('array'), items: text })).safeParse(field).success;
}

describe('the output of the tools', () => {
  it('marks every text of the repository or an agent as untrusted', async () => {
    const whole = await Promise.all(
      catalogue.map(async ({ name, load }) => ({
        name,
        outputSchema: z.toJSONSchema((await load()).output, { io: 'output', unrepresentable: 'any' }),
      })),
    );
    const ofO8 = /\.tasks\.reason$|\.worktrees\.path$|\.leftOut\.command$/; // made of codes and checked names
    const found = [...whole, ...tools].flatMap(({ name, outputSchema }) => unsaid(outputSchema, name));
    expect(found.filter((path) => !ofO8.test(path))).toEqual([]);
  });
});

describe('the server', () => {
  it('answers an unknown method at once with -32601', async () => {
    const started = performance.now();
    const unknown = server.client.request({ method: 'server/discover', params: {} }, z.looseObject({}));
    await expect(unknown).rejects.toMatchObject({ code: -32601 });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('has instructions that Claude Code does not cut', () => {
    expect(server.client.getInstructions()?.length).toBeGreaterThan(0);
    expect(server.client.getInstructions()?.length).toBeLessThanOrEqual(2048);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['tools/call', {}, 'tools/call: params.name is missing: it must be a string'],
    ['tools/call', { name: 7 }, 'tools/call: params.name must be a string (got 7)'],
    ['tools/call', { name: 'status', arguments: 'x' }, 'tools/call: params.arguments must be a JSON object (got "x")'],
    ['tools/call', { name: 'frobnicate' }, 'There is no tool "frobnicate"; there are preflight, plan,'],
    ['prompts/get', {}, 'prompts/get: params.name is missing: it must be a string'],
    ['prompts/get', { name: 'parallel-run', arguments: { arguments: 7 } }, 'must be a string (got 7)'],
    ['prompts/get', { name: 'frobnicate' }, 'There is no prompt "frobnicate".'],
    ['resources/read', { uri: [] }, 'resources/read: params.uri must be a string (got an empty list)'],
  ])('answers the malformed request %s %j with -32602', async (method, params, message) => {
    const answer = server.client.request({ method, params }, z.looseObject({}));
    await expect(answer).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining(message) as string,
    });
  });

  it('does not repeat huge arguments and uses no wording of a schema library', async () => {
    const huge = 'x'.repeat(3_000_000);
    const given: [string, Record<string, unknown>][] = [
      ['status', { runId: huge }],
      ['status', { [huge]: true }],
      ['status', { since: 'zero', task: 7 }],
      ['plan', { features: Array.from({ length: 300_000 }, () => 'slug-of-ten') }],
      ['merge', { into: huge }],
    ];
    for (const [tool, input] of given) {
      const { isError, text } = await server.call(tool, input);
      expect(isError).toBe(true);
      expect(text.length).toBeLessThan(1000);
      expect(text).not.toMatch(/Invalid input|expected \w+, received|Unrecognized/);
    }
    for (const [method, params] of [
      ['tools/call', { name: huge }],
      ['prompts/get', { name: huge }],
      ['prompts/get', { name: 'parallel-run', arguments: { arguments: huge } }],
      ['resources/read', { uri: `o8://${huge}` }],
    ] as const) {
      const error: unknown = await server.client
        .request({ method, params }, z.looseObject({}))
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(JSON.stringify(error).length + String(error).length).toBeLessThan(3000);
    }
  });

  it('outside a repository says so, with the next command', async () => {
    const { isError, text } = await server.call('status');
    expect(isError).toBe(true);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'not_a_repository', hint: expect.stringContaining('git') as string },
    });
  });
});
