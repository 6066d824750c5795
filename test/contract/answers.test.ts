import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PLAN_DIR, RunFixture } from '../support/run-fixture.js';

// The SDK's client checks every answer against the tool's output schema once it has listed the tools, and throws when
// it does not fit.

const TASKS = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 2, deps: ['task-002'] },
];

const errorSchema = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }),
});

describe('the answer of a tool', () => {
  it('fits its output schema at each stage of a run, and --json prints exactly the same', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const server = await run.openServer();
    await server.client.listTools();
    const ask = async (tool: string, input: Record<string, unknown> = {}) => {
      const answer = await server.call(tool, input);
      expect(answer.isError, `${tool}: ${answer.text}`).toBe(false);
      expect(JSON.parse(answer.text), `${tool}: text`).toEqual(answer.content); // for clients that know only text
      return answer.content;
    };
    const json = async (...args: string[]) => run.o8Json(...args);

    expect(await json('status')).toEqual(await ask('status'));
    expect(await json('plan', PLAN_DIR)).toEqual(await ask('plan', { dir: PLAN_DIR }));
    expect(await json('plan', PLAN_DIR, '--wave', '1', '--skip', 'task-001', '--max-concurrent', '2')).toEqual(
      await ask('plan', { dir: PLAN_DIR, wave: 1, skip: ['task-001'], maxConcurrent: 2 }),
    );
    expect(await json('preflight', PLAN_DIR)).toEqual(await ask('preflight', { dir: PLAN_DIR }));
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

  it('that is an error has code, message and hint, the same through both doors', async () => {
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
      expect(error, args.join(' ')).toEqual(await run.refusal(tool, input));
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
