import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { user } from '../../support/claude/claude-session.js';
import { CommandSession } from '../../support/claude/command-session.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { PLAN_DIR, RunFixture, type TestTask } from '../../support/runs/run-fixture.js';
import {
  ask,
  callO8,
  callTogether,
  o8Tool,
  resultOf,
  tell,
  type Conversation,
  type Turns,
} from '../../support/claude/scripted-model.js';

// /parallel-run as a model does it that keeps to the command's words, for a user who changed nothing.

const TASKS: readonly TestTask[] = [
  { id: 'task-001', wave: 1, scope: 'CREATE: task-001.txt' },
  { id: 'task-002', wave: 1, scope: 'CREATE: task-002.txt' },
];
const DIR = `${PLAN_DIR}/`;

const planSchema = z.looseObject({ text: z.string(), tasks: z.array(z.looseObject({ id: z.string() })) });
const preflightSchema = z.looseObject({ ok: z.boolean() });
const spawnSchema = z.looseObject({ runId: z.string(), cursor: z.number(), text: z.string().optional() });
const scriptsSchema = z.looseObject({ text: z.string() });
const statusSchema = z.looseObject({
  state: z.string(),
  cursor: z.number(),
  text: z.string().optional(),
  tasks: z.array(z.looseObject({ id: z.string(), state: z.string() })),
});
const ENDED = ['completed', 'failed', 'aborted', 'interrupted'];

/** Section 1: gives how many tasks would start, null when a check stands in the way. */
function* plan(): Turns<{ readonly text: string; readonly tasks: number; readonly ok: boolean }> {
  const [planned, checked] = yield* callTogether([o8Tool('plan'), { dir: DIR }], [o8Tool('preflight'), { dir: DIR }]);
  if (planned === undefined || checked === undefined) throw new Error('two calls have two results');
  const { text, tasks } = resultOf(planSchema, planned);
  return { text, tasks: tasks.length, ok: resultOf(preflightSchema, checked).ok };
}

/** Sections 3 to 5: gives what `spawn` said and the final report. */
function* spawnAndWatch(input: Readonly<Record<string, unknown>>): Turns<string> {
  const { runId, text, cursor } = resultOf(spawnSchema, yield* callO8('spawn', input));
  let since = cursor;
  for (;;) {
    const seen = resultOf(statusSchema, yield* callO8('status', { runId, waitSeconds: 120, since }));
    if (ENDED.includes(seen.state)) return [text, seen.text].filter((part) => part !== undefined).join('\n\n');
    since = seen.cursor;
  }
}

describe('/parallel-run', () => {
  it('shows the plan, asks, starts the agents and follows them to the final report, and asks nothing else', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    function* driver(): Conversation {
      const { text, tasks, ok } = yield* plan();
      expect(ok).toBe(true);
      expect(text).toMatch(/^=== Parallel Execution Plan ===\n\nParallel Dir: parallel\/TS-0042-inventory\n/);
      if ((yield* ask(`Start ${tasks} tasks now?`)) !== 'Yes') throw new Error('the user said yes');
      yield* tell(yield* spawnAndWatch({ dir: DIR }));
    }
    const checkout = await run.checkout();
    const session = await CommandSession.open({
      ...{ root: run.root, processes: run.processes, driver },
      user: user({ answers: { 'Start 2 tasks now?': 'Yes' } }),
    });
    const workers = (async () => {
      await run.succeed('task-001');
      await run.waitForTask('task-001', 'complete');
      const second = await run.agents.waitForAgent('task-002');
      await second.exit(3);
    })();
    const report = await session.say(`/parallel-run ${DIR}`);
    await workers;

    expect(session.asked).toEqual(['Start 2 tasks now?']);
    expect(session.refused).toEqual([]);
    const { runId = '' } = await run.status();
    expect(session.calls.slice(0, 4)).toEqual([
      ['plan', { dir: DIR }],
      ['preflight', { dir: DIR }],
      ['AskUserQuestion', expect.anything()],
      ['spawn', { dir: DIR }],
    ]);
    for (const [tool, input] of session.calls.slice(4)) {
      expect([tool, input]).toEqual(['status', { runId, waitSeconds: 120, since: expect.any(Number) as number }]);
    }
    expect(session.calls.length).toBeLessThan(9);
    for (const sentence of [
      `Arguments: \`${DIR}\``,
      'Use only the o8 tools',
      'ask `Start N tasks now?`',
      'Spawn only on a clear yes.',
      'show it exactly as it is',
    ]) {
      expect(session.told).toContain(sentence);
    }
    expect(report).toBe(`=== Parallel Execution Finished ===

Wave 1: 1/2 tasks completed
Total: 1/2 tasks completed

Branches created:
  - feature/task-001-work (1 commit)

Not completed:
  - task-002: exit_3 (the agent exited with code 3)
      why: /parallel-status task-002
      worktree: ../workspaces/task-002

Next step: /parallel-run ${PLAN_DIR} --retry-failed, or /parallel-merge to land what is complete`);
    expect(await run.workOn(`o8/${runId}`)).toEqual(['task-001']);
    expect(await run.execution()).toMatchObject({ status: 'failed', failed_tasks: ['task-002'] });
    expect(await run.checkout()).toEqual(checkout);
  });

  it('--retry-failed continues with what failed, once the user has said yes', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    await run.spawn();
    await run.succeed('task-001');
    await (await run.agents.waitForAgent('task-002')).exit(3);
    await run.waitForRun('failed');
    function* driver(): Conversation {
      const { tasks } = resultOf(statusSchema, yield* callO8('status'));
      const failed = tasks.filter(({ state }) => state === 'failed').map(({ id }) => id);
      expect(failed).toEqual(['task-002']);
      if ((yield* ask(`Start ${failed.length} task now?`)) !== 'Yes') throw new Error('the user said yes');
      yield* tell(yield* spawnAndWatch({ dir: DIR, retryFailed: true }));
    }
    const session = await CommandSession.open({
      ...{ root: run.root, processes: run.processes, driver },
      user: user({ answers: { 'Start 1 task now?': 'Yes' } }),
    });
    const worker = run.succeed('task-002');
    const said = await session.say(`/parallel-run ${DIR} --retry-failed`);
    expect(said).toMatch(/^=== Retrying Failed Tasks ===\n[\s\S]*- task-002-work \(error: exit_3\)/);
    expect(said).toContain('Total: 2/2 tasks completed');
    await worker;
    expect(session.asked).toEqual(['Start 1 task now?']);
    expect(session.refused).toEqual([]);
  });

  it('starts nothing with --dry-run, when the user says no, or when a check fails', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    function* driver(): Conversation {
      yield* plan();
      yield* tell('Dry run complete. No files modified.');
      const { tasks } = yield* plan();
      expect(yield* ask(`Start ${tasks} tasks now?`)).toBe('No');
      yield* tell('Aborted.');
      expect((yield* plan()).ok).toBe(false);
      yield* tell('The working tree has changes.');
    }
    const session = await CommandSession.open({
      ...{ root: run.root, driver },
      user: user({ answers: { 'Start 2 tasks now?': 'No' } }),
    });
    const before = await hashFolder(run.root);
    await session.say(`/parallel-run ${DIR} --dry-run`);
    expect(session.told).toContain('With `--dry-run` end here with: `Dry run complete. No files modified.`');
    expect(await session.say(`/parallel-run ${DIR}`)).toBe('Aborted.');
    expect(await hashFolder(run.root)).toBe(before);
    await run.repository.write('README.md', '# Changed\n');
    await session.say(`/parallel-run ${DIR}`);
    expect(session.asked).toEqual(['Start 2 tasks now?']);
    expect(session.calls.map(([tool]) => tool)).toEqual([
      ...['plan', 'preflight', 'plan', 'preflight', 'AskUserQuestion', 'plan', 'preflight'],
    ]);
    expect(session.refused).toEqual([]);
    expect((await run.status()).state).toBe('none');
  });

  it('--generate-only writes the scripts without a question; --yes runs without one', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    function* driver(): Conversation {
      yield* plan();
      const { text } = resultOf(scriptsSchema, yield* callO8('spawn', { dir: DIR, generateOnly: true }));
      yield* tell(text);
      yield* plan();
      yield* tell(yield* spawnAndWatch({ dir: DIR }));
    }
    const session = await CommandSession.open({
      ...{ root: run.root, processes: run.processes, driver },
      user: user({}),
    });
    const said = await session.say(`/parallel-run ${DIR} --generate-only`);
    expect(said).toMatch(
      /^=== Scripts Generated ===\n\nCreated:\n {2}- parallel\/TS-0042-inventory\/scripts\/run-parallel\.sh/,
    );
    for (const script of ['run-parallel.sh', 'monitor-live.sh']) {
      expect((await stat(join(run.root, PLAN_DIR, 'scripts', script))).mode & 0o111).toBe(0o111);
    }
    expect(existsSync(join(run.root, PLAN_DIR, 'logs'))).toBe(true);
    expect(await readFile(join(run.root, PLAN_DIR, 'manifest.json'), 'utf8')).toContain('"script_path"');
    expect((await run.status()).state).toBe('none');

    const workers = Promise.all(TASKS.map(async ({ id }) => run.succeed(id)));
    expect(await session.say(`/parallel-run ${DIR} --yes`)).toContain('Total: 2/2 tasks completed');
    await workers;
    expect(session.asked).toEqual([]);
    expect(session.refused).toEqual([]);
  });
});
