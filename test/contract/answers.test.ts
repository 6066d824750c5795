import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compared } from '../support/git/compared.js';
import { featureRun } from '../support/runs/feature-files.js';
import type { McpConnection } from '../support/programs/mcp-client.js';
import { PLAN_DIR, RunFixture } from '../support/runs/run-fixture.js';

// The SDK's client checks every answer against the tool's output schema once it has listed the tools, and throws when
// it does not fit.

const TASKS = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 2, deps: ['task-002'] },
];

type Ask = (tool: string, input?: Record<string, unknown>) => Promise<Readonly<Record<string, unknown>>>;

/** Calls tools through a server of its own and checks every answer against its schema. */
async function checked(run: RunFixture): Promise<{ ask: Ask; server: McpConnection }> {
  const server = await run.openServer();
  await server.client.listTools();
  const ask: Ask = async (tool, input = {}) => {
    const answer = await server.call(tool, input);
    expect(answer.isError, `${tool}: ${answer.text}`).toBe(false);
    expect(JSON.parse(answer.text), `${tool}: text`).toEqual(answer.content); // for clients that know only text
    return answer.content;
  };
  return { ask, server };
}

const errorSchema = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }),
});

const preflightSchema = z.looseObject({ checks: z.array(z.looseObject({ id: z.string(), message: z.string() })) });

/** The CLI and MCP write commands differently; this makes them the same. */
function unspelled<T>(answer: T): T {
  const text = JSON.stringify(answer, (_, value: unknown) =>
    typeof value === 'string' ? value.replace(/(in a terminal: )?o8 [a-z]+.*$|\/parallel-.*$/gm, '<command>') : value,
  );
  return JSON.parse(text) as T;
}

/** Free space changes between two calls. */
function withoutFreeSpace(answer: unknown): unknown {
  const preflight = preflightSchema.parse(answer);
  const checks = preflight.checks.map((check) =>
    check.id === 'disk-space'
      ? { ...check, message: check.message.replace(/[\d.]+(GB|MB) free/, '<size> free') }
      : check,
  );
  return { ...preflight, checks };
}

describe('the answer of a tool', () => {
  it('fits its output schema at each stage of a run, and --json prints exactly the same', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const { ask: asChat, server } = await checked(run);
    const ask: Ask = async (tool, input) => unspelled(await asChat(tool, input));
    const json = async (...args: string[]) => unspelled(await run.o8Json(...args));

    expect(await json('status')).toEqual(await ask('status'));
    expect(await json('plan', PLAN_DIR)).toEqual(await ask('plan', { dir: PLAN_DIR }));
    expect(await json('plan', PLAN_DIR, '--wave', '1', '--skip', 'task-001', '--max-concurrent', '2')).toEqual(
      await ask('plan', { dir: PLAN_DIR, wave: 1, skip: ['task-001'], maxConcurrent: 2 }),
    );
    expect(withoutFreeSpace(await json('preflight', PLAN_DIR))).toEqual(
      withoutFreeSpace(await ask('preflight', { dir: PLAN_DIR })),
    );
    expect(await json('abort')).toEqual(await ask('abort'));
    expect(await json('spawn', '--resume')).toEqual(await ask('spawn', { resume: true }));

    const spawned = await ask('spawn', { dir: PLAN_DIR });
    expect(spawned).toMatchObject({ supervisor: { pid: expect.any(Number) as number }, tasks: { length: 3 } });
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    await ask('status', { task: 'task-001', tail: 5 });
    await ask('merge', { dryRun: true });
    await one.succeed('shared.txt', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await two.succeed('shared.txt', 'two\n');
    await run.waitForRun('failed');

    expect(await json('status')).toEqual(await ask('status'));
    expect(await json('merge', '--dry-run')).toEqual(await ask('merge', { dryRun: true }));
    expect(await json('cleanup', '--dry-run')).toEqual(await ask('cleanup', { dryRun: true }));
    await ask('merge');
    expect(await json('merge')).toEqual(await ask('merge'));
    await ask('cleanup', { force: true });
    expect(await json('cleanup')).toEqual(await ask('cleanup'));
    expect(await json('abort')).toEqual(await ask('abort'));
    await server.close();
  });

  it('fits it for a conflict that is opened, resolved, held, landed and reverted', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const { ask, server } = await checked(run);
    const runId = await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    await one.writeFile('shared.txt', 'not committed\n');
    expect(await ask('merge', { dryRun: true, uncommitted: true })).toMatchObject({ state: 'running' });
    for (const agent of [one, two]) {
      await agent.writeFile('shared.txt', `${agent.started.task}\n`);
      await agent.commit('Work');
    }
    expect(await compared(async () => ask('status'))).toMatchObject({ conflicts: [{ files: ['shared.txt'] }] });
    expect(await ask('merge', { dryRun: true })).toMatchObject({ tasks: { length: 3 } });
    await one.markComplete();
    await one.exit(0);
    await run.waitForTask('task-001', 'complete');
    await two.markComplete();
    await two.exit(0);
    await run.waitForRun('failed');

    // First held because of a file of the user's, then landed on the base.
    await writeFile(join(run.root, 'shared.txt'), 'mine\n');
    expect(await ask('merge')).toMatchObject({ landing: { kind: 'held', files: ['shared.txt'] } });
    await rm(join(run.root, 'shared.txt'));
    expect(await ask('merge', { into: 'integration', strategy: 'squash' })).toMatchObject({ runId });
    expect(await ask('merge')).toMatchObject({ landing: { kind: 'landed' } });

    const opened = await ask('merge', { task: 'task-002', resolve: true });
    expect(opened).toMatchObject({ resolution: { kind: 'opened', files: ['shared.txt'] } });
    expect(await ask('merge', { task: 'task-002', resolve: true })).toMatchObject({
      resolution: expect.anything() as object,
    });
    const worktree = run.worktree('task-002');
    await writeFile(join(worktree, 'shared.txt'), 'both\n');
    await run.repository.git(['commit', '--quiet', '--all', '--message', 'Both'], worktree);
    expect(await ask('merge', { task: 'task-002' })).toMatchObject({ tasks: [{ id: 'task-002' }] });
    await run.succeed('task-003');
    await run.waitForRun('completed');
    expect(await ask('merge')).toMatchObject({ landing: { kind: 'landed' } });
    expect(await ask('spawn', { dir: PLAN_DIR, retryFailed: true })).toMatchObject({
      tasks: [],
      message: expect.any(String) as string,
    });

    expect(await ask('merge', { undo: true, task: 'task-003' })).toMatchObject({ undone: [{ kind: 'reverted' }] });
    expect(await ask('status')).toMatchObject({
      takenBack: [{ task: 'task-003' }],
      text: expect.any(String) as string,
    });
    expect(await ask('merge', { undo: true })).toMatchObject({ undone: expect.any(Array) as object[] });
    expect(await ask('merge', { undo: true })).toMatchObject({ undone: [{ kind: 'nothing' }] });
    expect(await server.close()).toBe('');
  });

  it('fits it for scripts, a pause, an abort, and leftovers that are removed', async () => {
    const run = await RunFixture.open({ tasks: TASKS, settings: { maxConcurrency: 1 } });
    const { ask, server } = await checked(run);
    expect(await ask('spawn', { dir: PLAN_DIR, generateOnly: true })).toMatchObject({
      text: expect.any(String) as string,
    });
    expect(await ask('spawn', { dir: PLAN_DIR, maxConcurrent: 1, budgetUsd: 5 })).toMatchObject({
      tasks: { length: 3 },
    });
    const agent = await run.agents.waitForAgent('task-002');
    await agent.writeFile('begun.txt', 'begun\n');
    await ask('spawn', { pause: 'let_finish' });
    expect(await ask('status', { waitSeconds: 0, since: 0 })).toMatchObject({
      state: 'paused',
      message: expect.any(String) as string,
      hint: expect.any(String) as string,
    });
    await ask('spawn', { pause: 'off' });
    expect(await ask('status', { waitSeconds: 0, since: 0 })).toMatchObject({ state: 'running' });
    expect(await ask('abort', { task: 'task-002' })).toMatchObject({ stopped: [{ task: 'task-002' }] });
    await run.agents.waitForAgent('task-001');
    expect(await ask('abort', { cleanup: true })).toMatchObject({
      stopped: [{ task: 'task-001' }],
      cleanup: expect.anything() as object,
    });
    expect(await ask('abort')).toMatchObject({ message: expect.any(String) as string });
    expect(await ask('cleanup', { dryRun: true, force: true })).toMatchObject({
      branches: expect.any(Array) as object[],
    });
    expect(await ask('cleanup', { task: 'task-002', force: true })).toMatchObject({
      worktrees: expect.any(Array) as object[],
    });
    expect(await server.close()).toBe('');
  });

  it('fits it for features that are ready, that are not, and that run', async () => {
    const shared = { files: ['src/app.ts: Modify'] };
    const bare = { sections: { Scope: null }, stories: 0 };
    const run = await RunFixture.open(
      featureRun(['login', 'search', 'bare'], { features: { login: shared, search: shared, bare } }),
    );
    const { ask, server } = await checked(run);
    const features = ['login', 'search'];
    expect(await ask('plan', { features })).toMatchObject({ features, tasks: { length: 2 } });
    expect(await ask('preflight', { features })).toMatchObject({ ok: true, overlaps: [{ path: 'src/app.ts' }] });
    expect(await ask('preflight', { features: ['bare', 'nowhere'] })).toMatchObject({ ok: false });
    expect(await ask('spawn', { features })).toMatchObject({ tasks: { length: 2 } });
    for (const slug of features) await (await run.agents.waitForAgent(slug)).succeed(`src/${slug}.ts`, `${slug}\n`);
    await run.waitForRun('completed');
    expect(await ask('status')).toMatchObject({ features, state: 'completed' });
    expect(await ask('merge', { dryRun: true })).toMatchObject({ landing: { kind: 'nothing' } });
    expect(await ask('merge', { undo: true })).toMatchObject({ undone: expect.any(Array) as object[] });
    expect(await ask('plan', { features })).toMatchObject({ features });
    expect(await ask('cleanup')).toMatchObject({ branches: expect.any(Array) as object[] });
    expect(await server.close()).toBe('');
  });

  it('that is an error has the same code, message and hint in the CLI and in MCP', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const failures = [
      { tool: 'status', input: { runId: 'nobody' }, args: ['status', '--run', 'nobody'] },
      { tool: 'merge', input: {}, args: ['merge'] },
      { tool: 'plan', input: { dir: PLAN_DIR, wave: 9 }, args: ['plan', PLAN_DIR, '--wave', '9'] },
      { tool: 'plan', input: { dir: PLAN_DIR, skip: ['nobody'] }, args: ['plan', PLAN_DIR, '--skip', 'nobody'] },
      { tool: 'spawn', input: {}, args: ['spawn'] },
    ];
    for (const { tool, input, args } of failures) {
      const result = await run.o8(...args, '--json');
      expect(result.code, args.join(' ')).not.toBe(0);
      expect(result.stderr, args.join(' ')).toBe('');
      const { error } = errorSchema.parse(JSON.parse(result.stdout));
      expect(unspelled(error), args.join(' ')).toEqual(unspelled(await run.refusal(tool, input)));
      expect(error.message, args.join(' ')).not.toBe('');
      expect(error.hint, args.join(' ')).not.toBe('');
    }
  });

  it('that is an invalid plan lists its faults beside code, message and hint', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    await run.repository.write(`${PLAN_DIR}/manifest.json`, '{');
    const result = await run.o8('plan', PLAN_DIR, '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { code: 'invalid_plan', faults: [{ file: expect.stringContaining('manifest.json') as string }] },
    });
    expect(result.code).toBe(2);
  });
});
