import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PLAN_DIR, RunFixture, type TestTask } from '../support/runs/run-fixture.js';

// What a run costs the model that drives it: every call and every answer that it reads, as `/parallel-run` makes them.
// A host shows a model the structured content of an answer, and nothing beside it.

const MOST_TOKENS = 6000;
const CHARACTERS_PER_TOKEN = 4;

/** Four waves of five, as a product document of some size becomes. */
const TASKS: readonly TestTask[] = Array.from({ length: 20 }, (_, index) => ({
  id: `task-${String(index + 1).padStart(3, '0')}`,
  wave: 1 + Math.floor(index / 5),
}));

const spawnedSchema = z.looseObject({ runId: z.string(), cursor: z.number() });
const statusSchema = z.looseObject({
  state: z.string(),
  cursor: z.number(),
  tasks: z.array(z.looseObject({ id: z.string(), state: z.string() })),
});

describe('a run of 20 tasks', () => {
  it('costs a model that follows it less than 6,000 tokens, even if every task ends separately and every second wait returns nothing', async () => {
    const run = await RunFixture.open({ tasks: TASKS, settings: { maxConcurrency: 5 } });
    const traffic: Record<string, number> = {};
    const ask = async (tool: string, input: Readonly<Record<string, unknown>>) => {
      const answer = await run.call(tool, input);
      traffic[tool] = (traffic[tool] ?? 0) + JSON.stringify(input).length + JSON.stringify(answer).length;
      return answer;
    };
    await ask('plan', { dir: PLAN_DIR });
    await ask('preflight', { dir: PLAN_DIR });
    const spawned = spawnedSchema.parse(await ask('spawn', { dir: PLAN_DIR }));
    const told: string[] = [];
    let { cursor } = spawned;
    const look = async () => {
      const status = statusSchema.parse(await ask('status', { runId: spawned.runId, waitSeconds: 0, since: cursor }));
      cursor = status.cursor;
      told.push(...status.tasks.map(({ id, state }) => `${id} ${state}`));
      return status;
    };
    for (const { id } of TASKS.slice(0, -1)) {
      await run.succeed(id);
      await run.waitForTask(id, 'complete');
      await look();
      await look();
    }
    await run.succeed('task-020');
    await run.waitForRun('completed');
    expect(await look()).toMatchObject({
      state: 'completed',
      text: expect.stringContaining('Total: 20/20 tasks completed') as string,
    });
    // Nothing that the user needs was omitted.
    expect(told.filter((line) => line.endsWith(' complete'))).toEqual(TASKS.map(({ id }) => `${id} complete`));
    const tokens = Object.values(traffic).reduce((sum, size) => sum + size, 0) / CHARACTERS_PER_TOKEN;
    expect(tokens, JSON.stringify(traffic)).toBeGreaterThan(1000); // it was counted
    expect(tokens, JSON.stringify(traffic)).toBeLessThan(MOST_TOKENS);
  });
});
