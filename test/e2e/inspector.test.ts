import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { O8_PROGRAM } from '../support/programs/mcp-client.js';
import { PLAN_DIR, RunFixture } from '../support/runs/run-fixture.js';

// The official MCP inspector in CLI mode: a client and a checker of servers that others wrote.

const project = resolve(import.meta.dirname, '../..');
const INSPECTOR = resolve(
  import.meta.dirname,
  'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
);

const namesSchema = z.array(z.looseObject({ name: z.string() }));
const toolsSchema = z.array(
  z.looseObject({ name: z.string(), outputSchema: z.record(z.string(), z.unknown()), description: z.string() }),
);
const answerSchema = z.looseObject({
  isError: z.literal(false).optional(),
  structuredContent: z.record(z.string(), z.unknown()),
});

class Inspector {
  constructor(private readonly run: RunFixture) {}

  /** One method of the server, in a process of its own. The inspector's exit code is not 0 for an error of a tool, too. */
  async ask(method: string, ...args: readonly string[]): Promise<{ result: Record<string, unknown>; stderr: string }> {
    const server = [process.execPath, O8_PROGRAM, 'mcp'];
    const child = spawn(
      process.execPath,
      [INSPECTOR, '--cli', ...server, '--format', 'json', '--method', method, ...args],
      { cwd: this.run.root, env: this.run.environment, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const code = new Promise<number | null>((ended, failed) => {
      child.once('error', failed);
      child.once('close', (status) => ended(status));
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(await code, `${method} ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    const { result } = z.object({ result: z.record(z.string(), z.unknown()) }).parse(JSON.parse(stdout));
    return { result, stderr };
  }

  async list(method: string, key: string): Promise<string[]> {
    const { result } = await this.ask(method);
    return namesSchema.parse(result[key]).map(({ name }) => name);
  }

  async call(tool: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
    const given = args.length === 0 ? [] : ['--tool-arg', ...args];
    const { result } = await this.ask('tools/call', '--tool-name', tool, ...given);
    return answerSchema.parse(result).structuredContent;
  }
}

describe('the MCP inspector', () => {
  it('finds no error in the tools, calls each of them, and lists prompts and resources', async () => {
    const run = await RunFixture.open({
      tasks: [
        { id: 'task-001', wave: 1 },
        { id: 'task-002', wave: 1 },
      ],
    });
    const inspector = new Inspector(run);
    const { result, stderr } = await inspector.ask('tools/list', '--strict'); // or it exits with 6
    expect(stderr).toMatch(/\b0 errors\b/);
    const tools = toolsSchema.parse(result['tools']);
    const called: string[] = [];
    const call = async (tool: string, ...args: readonly string[]) => {
      const answer = await inspector.call(tool, ...args);
      const schema = z.fromJSONSchema(tools.find(({ name }) => name === tool)?.outputSchema ?? {});
      expect(schema.safeParse(answer).error, `${tool} ${args.join(' ')}`).toBeUndefined();
      called.push(tool);
      return answer;
    };
    // The run outlives the server that started it.
    expect(await call('spawn', `dir=${PLAN_DIR}`)).toMatchObject({ runId: expect.any(String) as string });
    await run.succeed('task-001');
    await (await run.agents.waitForAgent('task-002')).exit(3);
    await run.waitForRun('failed');
    expect(await call('status')).toMatchObject({ state: 'failed', counts: { complete: 1, failed: 1 } });
    expect(await call('status', 'task=task-002', 'tail=5')).toMatchObject({ tail: expect.any(Array) as string[] });
    expect(await call('plan', `dir=${PLAN_DIR}`, 'wave=1', 'skip=["task-002"]')).toMatchObject({ order: ['task-001'] });
    expect(await call('preflight', `dir=${PLAN_DIR}`)).toMatchObject({ ok: expect.any(Boolean) as boolean });
    expect(await call('merge', 'dryRun=true')).toMatchObject({ landing: { kind: 'would_land' } });
    expect(await call('merge')).toMatchObject({ landing: { kind: 'landed' } });
    expect(await run.workOnFile('task-001.txt')).toBe(true);
    expect(await call('abort')).toMatchObject({ message: expect.any(String) as string });
    expect(await call('cleanup', 'dryRun=true')).toMatchObject({ worktrees: [{ task: 'task-002' }] });
    expect(await call('cleanup')).toMatchObject({ worktrees: [{ task: 'task-002' }] });
    expect(await call('spawn', 'resume=true')).toMatchObject({ message: 'No interrupted run to resume.' });
    expect([...new Set(called)].sort()).toEqual(tools.map(({ name }) => name).sort());

    const commands = (await readdir(`${project}/commands`)).map((file) => basename(file, '.md'));
    expect((await inspector.list('prompts/list', 'prompts')).sort()).toEqual(commands.sort());
    const prompt = await inspector.ask(
      'prompts/get',
      '--prompt-name',
      'parallel-run',
      '--prompt-args',
      'arguments=x --yes',
    );
    expect(JSON.stringify(prompt.result)).toContain('Arguments: `x --yes`');
    expect(await inspector.list('resources/list', 'resources')).toContain('run');
    expect(await inspector.list('resources/templates/list', 'resourceTemplates')).toContain('task-log');
    const read = await inspector.ask('resources/read', '--uri', 'o8://run');
    expect(JSON.stringify(read.result)).toContain('o8://run');
  });
});
