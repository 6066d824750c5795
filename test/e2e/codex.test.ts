import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { claudeEnvironment } from '../support/claude/claude.js';
import { inTurn, MessagesApi, useTool } from '../support/claude/messages-api.js';
import { codexAgent, codexEnvironment } from '../support/codex/codex.js';
import { ResponsesApi, type CodexAnswer, type CodexScript } from '../support/codex/responses-api.js';
import { PLAN_DIR, RunFixture, type RunOptions } from '../support/runs/run-fixture.js';

// The real Codex CLI as an agent, its model a scripted one.

/** Codex's sandbox has a /dev of its own, and so no folder in memory. Before any import asks where temporary folders are. */
vi.hoisted(() => {
  process.env['TMPDIR'] = process.env['TEST_DISK'];
});

const ONE = [{ id: 'task-001', wave: 1 }];
const DONE: CodexAnswer = { kind: 'say', text: 'I wrote the file.' };
const WRITE: CodexAnswer = {
  kind: 'run',
  command: 'echo work > task-001.txt && git add -A; touch .claude-task-complete; printenv O8_TASK_ID',
};

const apis: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const api of apis.splice(0)) await api.close();
});

async function openRun(script: CodexScript, options: Partial<RunOptions> = {}) {
  const api = await ResponsesApi.start(script);
  apis.push(api);
  const run = await RunFixture.open({
    tasks: ONE,
    environment: codexEnvironment,
    ...options,
    settings: { agent: codexAgent(api), ...options.settings },
  });
  return { api, run };
}

describe('a run whose agent is the real Codex CLI', () => {
  it('writes, is done, is committed by o8, and tells its tokens and a readable log; its cost is not known', async () => {
    const { api, run } = await openRun(({ outputs }) => (outputs.length === 0 ? WRITE : DONE), {
      settings: { budget: { taskUsd: 1 } },
    });
    const preflight = await run.call('preflight', { dir: PLAN_DIR });
    const checks = z.array(z.object({ id: z.string(), message: z.string() })).parse(preflight['checks']);
    expect(checks.find(({ id }) => id === 'agent-cli')?.message).toMatch(
      /^Codex CLI .*0\.171\.0, tested with 0\.171\.0 /,
    );
    expect(checks.find(({ id }) => id === 'agent-cost')?.message).toContain('The Codex CLI does not report its cost');

    const { code, stdout, stderr } = await run.o8('run', PLAN_DIR, '--yes');
    expect(api.faults).toEqual([]);
    expect(code, stdout + stderr).toBe(0);
    const task = await run.task('task-001');
    expect(task).toMatchObject({ state: 'complete', attempt: 1, commits: 1, tokens: 220 });
    expect(task).not.toHaveProperty('costUsd');
    expect(await run.repository.git(['show', `${(await run.status()).target ?? ''}:task-001.txt`])).toBe('work');
    const [first] = api.requests;
    expect(first?.model).toBe('scripted-model');
    expect(first?.userText).toContain('You are one of several workers');
    expect(first?.userText).toContain('o8 commits them');
    expect(api.requests.at(-1)?.outputs[0]).toContain('task-001'); // what it runs has o8's variables

    const log = await run.o8('logs', 'task-001');
    expect(log.stdout).toMatch(/ Run: echo work > task-001\.txt/);
    expect(log.stdout).toMatch(/ I wrote the file\./);
    expect(log.stdout).toMatch(/ Ended: success, 220 tokens in this session/);
    expect(log.stdout).not.toContain('"type"');
  });

  it('continues with the same thread after it was killed, counts its own tokens, and is opened by attach', async () => {
    let stopped = false;
    const { api, run } = await openRun(() => (stopped ? DONE : { kind: 'run', command: 'touch begun; sleep 60' }), {
      settings: { retries: 0 },
    });
    await run.spawn();
    const log = async () => (await run.o8('logs', 'task-001')).stdout;
    await expect.poll(log, { timeout: 60_000, interval: 500 }).toContain('Run: touch begun');
    stopped = true;
    const paused = await run.o8('pause', '--now');
    expect(paused.code, paused.stderr).toBe(0);
    await run.o8('unpause');
    await run.waitForRun('failed', 90_000);
    expect(api.faults).toEqual([]);
    const last = api.requests.at(-1);
    expect(last?.userText).toContain('Write task-001.txt.');
    expect(last?.userText).toContain('## Continuing');
    expect(last?.userText.split('You are one of several workers')).toHaveLength(2); // told once
    const task = await run.task('task-001');
    expect(task).toMatchObject({ state: 'failed', reason: 'no_completion_marker', attempt: 2, tokens: 110 });

    // The program asks for a terminal: that it gets as far as that shows how it was started.
    const attached = await run.o8('attach', 'task-001');
    expect(attached.stdout).toMatch(/^Session [0-9a-f-]{36} in /);

    const again = await run.o8('run', PLAN_DIR, '--retry-failed', '--yes');
    expect(again.code).toBe(1);
    expect((await run.task('task-001')).tokens).toBe(220); // a thread of its own: 110 more
  });

  it('pauses the run at a usage limit until it ends', async () => {
    const resetsAt = Math.floor(Date.now() / 60_000) * 60 + 3 * 3600;
    const { run } = await openRun(() => ({
      kind: 'error',
      status: 429,
      error: { type: 'usage_limit_reached', message: 'The usage limit has been reached', resets_at: resetsAt },
    }));
    await run.spawn();
    await expect.poll(async () => (await run.status()).state, { timeout: 60_000, interval: 500 }).toBe('paused');
    const task = await run.task('task-001');
    expect(task.state).not.toBe('failed');
    expect(JSON.stringify(await run.status())).toContain(new Date(resetsAt * 1000).toISOString());
    await run.o8('abort');
  });
});

it('a plan with a task of Claude, one of Codex and one of a command is run to its end by the real programs', async () => {
  const codex = await ResponsesApi.start(({ outputs }) =>
    outputs.length === 0
      ? { kind: 'run', command: 'echo codex > task-002.txt; touch .claude-task-complete' }
      : { kind: 'say', text: 'Done.' },
  );
  let run: RunFixture | null = null;
  const claude = await MessagesApi.start((request) =>
    inTurn(
      useTool('Write', { file_path: join(run?.worktree('task-001') ?? '', 'task-001.txt'), content: 'claude\n' }),
      useTool('Bash', { command: 'git add task-001.txt && git commit -m "Write it"' }),
      useTool('StructuredOutput', { status: 'complete', summary: 'Done.' }),
    )(request),
  );
  apis.push(codex, claude);
  const script = 'echo command > task-003.txt; touch .claude-task-complete';
  run = await RunFixture.open({
    tasks: [
      { id: 'task-001', wave: 1 },
      { id: 'task-002', wave: 1, more: { agent: 'second' } },
      { id: 'task-003', wave: 2, deps: ['task-001', 'task-002'], more: { agent: 'third' } },
    ],
    settings: { agent: {}, agents: { second: codexAgent(codex), third: { command: ['sh', '-c', script] } } },
    environment: (home) => {
      const [claudes, own] = [claudeEnvironment(home, claude), codexEnvironment(home)];
      return { ...own, ...claudes, PATH: `${own['PATH'] ?? ''}:${claudes['PATH'] ?? ''}` };
    },
  });
  const { code, stdout, stderr } = await run.o8('run', PLAN_DIR, '--yes');
  expect([...codex.faults, ...claude.faults]).toEqual([]);
  expect(code, stdout + stderr).toBe(0);
  expect(stdout).toContain('Agent second (codex, scripted-model): task-002-work');
  expect((await run.o8('merge')).code).toBe(0);
  expect(await run.workOn('main')).toEqual(['task-001', 'task-002', 'task-003']);
  expect((await run.task('task-001')).costUsd).toBeGreaterThan(0);
  expect(await run.task('task-002')).toMatchObject({ tokens: 220 });
  const { stdout: doctor } = await run.o8('doctor');
  expect(doctor).toMatch(/codex .*0\.171\.0, tested with 0\.171\.0/);
});
