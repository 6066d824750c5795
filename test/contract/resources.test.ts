import { appendFile, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { McpConnection } from '../support/programs/mcp-client.js';
import { RunFixture } from '../support/runs/run-fixture.js';
import { waitFor } from '../support/waiting/wait-for.js';

const project = resolve(import.meta.dirname, '../..');
const TASKS = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 2, deps: ['task-001'] },
];
/** The protocol's error code for an unknown resource. */
const NOT_FOUND = -32002;

interface Content {
  readonly mimeType: string | undefined;
  readonly text: string;
}

async function read(server: McpConnection, uri: string): Promise<Content> {
  const { contents } = await server.client.readResource({ uri });
  expect(contents).toEqual([expect.objectContaining({ uri, text: expect.any(String) as string })]);
  const [only] = contents;
  return { mimeType: only?.mimeType, text: only !== undefined && 'text' in only ? only.text : '' };
}

async function refused(server: McpConnection, uri: string): Promise<unknown> {
  return server.client.readResource({ uri }).then(
    ({ contents }) => {
      throw new Error(`${uri} was read: ${JSON.stringify(contents)}`);
    },
    (error: unknown) => error,
  );
}

const notFound = (message: RegExp, code = 'no_resource') =>
  expect.objectContaining({
    code: NOT_FOUND,
    message: expect.stringMatching(message) as string,
    data: { code, message: expect.any(String) as string, hint: expect.stringMatching(/./) as string },
  }) as unknown;

describe('the resources of the server', () => {
  it('describe plans, features and settings to an agent that has only the server', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-resources-')));
    onTestFinished(async () => rm(folder, { recursive: true, force: true }));
    const server = await McpConnection.open(folder, {});
    const { resources } = await server.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      'o8://run',
      'o8://docs/plan-folder',
      'o8://docs/features',
      'o8://docs/settings',
    ]);
    for (const { name, description = '', mimeType } of resources) {
      expect(description.length, name).toBeGreaterThan(20);
      expect(mimeType, name).toMatch(/^(text\/markdown|application\/json)$/);
    }
    const { resourceTemplates } = await server.client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'o8://runs/{runId}',
      'o8://runs/{runId}/report',
      'o8://runs/{runId}/tasks/{task}/log',
    ]);

    const plan = await read(server, 'o8://docs/plan-folder');
    expect(plan).toEqual({
      mimeType: 'text/markdown',
      text: await readFile(join(project, 'docs/manifest.md'), 'utf8'),
    });
    for (const part of ['manifest.json', 'frontmatter', 'CREATE:', 'prompt_file']) expect(plan.text).toContain(part);
    expect((await read(server, 'o8://docs/features')).text).toContain('FEATURE_SPEC.md');
    expect((await read(server, 'o8://docs/settings')).text).toContain('maxConcurrency');
    // What the instructions send a model to is there.
    const mentioned = server.client.getInstructions()?.match(/o8:\/\/[\w/-]+/g) ?? [];
    expect(mentioned).toContain('o8://docs/plan-folder');
    for (const uri of mentioned) await read(server, uri);

    expect(await refused(server, 'o8://run')).toMatchObject({
      code: -32603,
      data: { code: 'not_a_repository', hint: expect.stringContaining('git') as string },
    });
    expect(await server.close()).toBe('');
  });

  it('show a run before, while and after it runs, and its log as o8 logs prints it', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const server = await run.openServer();
    const state = async (uri = 'o8://run'): Promise<unknown> => {
      const { text, mimeType } = await read(server, uri);
      expect(mimeType).toBe('application/json');
      return JSON.parse(text);
    };
    expect(await state()).toEqual(await run.call('status'));
    expect(await state()).toMatchObject({ state: 'none' });
    expect(await refused(server, 'o8://runs/nobody')).toEqual(notFound(/no run nobody in this repository/, 'no_run'));

    const runId = await run.spawn();
    const log = `o8://runs/${runId}/tasks/task-001/log`;
    const agent = await run.agents.waitForAgent('task-001');
    expect(await state()).toMatchObject({ runId, state: 'running' });
    expect((await read(server, `o8://runs/${runId}/tasks/task-002/log`)).text).toBe(
      'task-002 has not started yet: it is queued.',
    );
    expect(await refused(server, `o8://runs/${runId}/report`)).toEqual(notFound(/is running; its report/));

    await agent.print(`${'x'.repeat(1000)}\n`.repeat(100));
    await agent.print('the end\n');
    await waitFor(async () => (await read(server, log)).text.includes('the end'), {
      timeoutMs: 10_000,
      what: () => log,
    });
    const long = await read(server, log);
    expect(long.mimeType).toBe('text/plain');
    expect(Buffer.byteLength(long.text)).toBeLessThanOrEqual(16 * 1024);
    expect(long.text).toMatch(/^… \(earlier output omitted\)\n\[20[^\n]*x{1000}\n/); // from a whole line on
    await agent.succeed('task-001.txt', 'task-001\n');
    await run.succeed('task-002');
    await run.waitForRun('completed');

    expect(await state()).toEqual(await run.call('status'));
    expect(await state(`o8://runs/${runId}`)).toMatchObject({ runId, state: 'completed' });
    const report = await read(server, `o8://runs/${runId}/report`);
    expect(report.text).toContain('Total: 2/2 tasks completed');
    const two = await read(server, `o8://runs/${runId}/tasks/task-002-work/log`);
    expect(`${two.text}\n`).toBe((await run.o8('logs', 'task-002')).stdout);
    expect(two.text).toContain('Pipeline completed with exit code 0');
    expect(await server.close()).toBe('');
  });

  it('omit terminal control sequences and secrets from a log', async () => {
    const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
    const server = await run.openServer();
    const runId = await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.print(`\u001b[31mred\u001b[0m\u001b]0;title\u0007 sk-ant-${'a1'.repeat(20)}\n`);
    const log = `o8://runs/${runId}/tasks/task-001/log`;
    await waitFor(async () => (await read(server, log)).text.includes('red'), { timeoutMs: 10_000, what: () => log });
    const { text } = await read(server, log);
    expect(text).toMatch(/\] \[stdout\] red \[redacted\]$/m);
    await agent.exit(1);
    await run.waitForRun('failed');
    // The file is not trusted, as in o8 logs.
    const path = join(run.root, '.git/o8/runs', runId, 'tasks/task-001/1/pipeline.log');
    await appendFile(path, '\u001b[31mby hand\u001b[0m\n');
    expect((await read(server, log)).text).toMatch(/\nby hand$/);
    expect(await server.close()).toBe('');
  });

  it('that do not exist are refused with a code and the name, wherever their address would lead', async () => {
    const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
    const server = await run.openServer();
    const runId = await run.spawn();
    await (await run.agents.waitForAgent('task-001')).exit(1);
    await run.waitForRun('failed');
    const hostile = ['..%2F..', '..', '.new-x', '%2Fetc', `${runId}%2F..`, `${runId}%00`];
    for (const id of hostile) {
      const name = decodeURIComponent(id).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      for (const uri of [`o8://runs/${id}`, `o8://runs/${id}/report`, `o8://runs/${id}/tasks/task-001/log`]) {
        expect(await refused(server, uri), uri).toEqual(
          notFound(new RegExp(`no run ${name} in this repository`), 'no_run'),
        );
      }
      const uri = `o8://runs/${runId}/tasks/${id}/log`;
      expect(await refused(server, uri), uri).toEqual(notFound(new RegExp(`has no task '${name}'`), 'unknown_task'));
    }
    const nowhere = [
      'o8://runs/../../x',
      `o8://runs/../../tasks/task-001/log`,
      `o8://runs/${runId}/tasks/../../log`,
      'o8://runs/%E0%A4%A/report',
      'o8://docs/../package.json',
      'o8://runs',
      'file:///etc/passwd',
      '',
    ];
    for (const uri of nowhere) {
      expect(await refused(server, uri), uri).toMatchObject({
        code: NOT_FOUND,
        message: expect.stringContaining(`no resource ${JSON.stringify(uri)}`) as string,
        data: { code: 'no_resource', hint: expect.stringContaining('o8://docs/plan-folder') as string },
      });
    }
    expect(await server.close()).toBe('');
  });
});
