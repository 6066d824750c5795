import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { killSupervisor } from '../../support/faults/crash.js';
import { PLAN_DIR, RunFixture, type TestTask } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';
import { TerminalProcess } from '../../support/programs/terminal-process.js';

const TASKS: readonly TestTask[] = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 2, deps: ['task-001'] },
];

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

describe('Ctrl+C', () => {
  it('prints counts and how to continue; --resume merges finished work and continues in the same worktree', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const o8 = new TerminalProcess(['run', PLAN_DIR, '--yes'], { cwd: run.root, env: run.environment });
    const [one, two] = await Promise.all(['task-001', 'task-002'].map((id) => run.agents.waitForAgent(id)));
    await two?.writeFile('half.txt', 'half\n');
    await o8.waitFor(/task-002: Started/);
    o8.pressCtrlC();
    expect(await o8.ended).toBe(130);
    await one?.gone;
    const { runId = '' } = await run.status();
    expect(o8.screen).toContain(`To continue: o8 run ${PLAN_DIR} --resume\n`);
    expect(lastLine(o8.screen)).toBe('Summary: 0 completed');

    const again = run.start('run', '--resume', '--yes');
    const resumed = await run.agents.waitForAgent('task-002');
    expect(existsSync(`${run.worktree('task-002')}/half.txt`)).toBe(true);
    await resumed.succeed('task-002.txt', 'task-002\n');
    await run.succeed('task-001');
    await run.succeed('task-003');
    const { code, stdout, stderr } = await again.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`Warning: Found the aborted run ${runId}: `);
    expect(lastLine(stdout)).toBe('Summary: 3 completed');
    expect(await run.status()).toMatchObject({ runId, state: 'completed' });
    expect((await run.o8('run', '--resume', '--yes')).stdout).toContain('No interrupted run to resume.');
  });

  it('keeps finished work, which waits until --resume merges it', async () => {
    const run = await RunFixture.open({
      tasks: [{ id: 'task-001', wave: 1, more: { verify: 'while [ ! -e "$HOME/go" ]; do sleep 0.1; done' } }],
      environment: (home) => ({ GATE: home }),
    });
    const o8 = new TerminalProcess(['run', PLAN_DIR, '--yes'], { cwd: run.root, env: run.environment });
    await run.succeed('task-001');
    await run.waitForTask('task-001', 'merge_pending');
    o8.pressCtrlC();
    expect(await o8.ended).toBe(130);
    expect(await run.task('task-001')).toMatchObject({ state: 'merge_pending', commits: 1 });
    const agents = run.agents.all.length;
    await run.repository.write('../go', '');
    const again = await run.o8('run', PLAN_DIR, '--resume', '--yes');
    expect(again.code, again.stderr).toBe(0);
    expect(lastLine(again.stdout)).toBe('Summary: 1 completed');
    expect(run.agents.all).toHaveLength(agents);
    await rm(`${run.home}/go`);
  });
});

it('--retry-failed --task runs only that task again or says why it cannot, and the summary counts blocked tasks', async () => {
  const run = await RunFixture.open({ tasks: TASKS });
  const o8 = run.start('run', PLAN_DIR, '--yes');
  for (const id of ['task-001', 'task-002']) await (await run.agents.waitForAgent(id)).exit(3);
  const first = await o8.ended;
  expect(first.code).toBe(1);
  expect(lastLine(first.stdout)).toBe('Summary: 0 completed, 2 failed, 1 blocked');

  expect(await run.refusal('spawn', { dir: PLAN_DIR, task: 'task-001' })).toMatchObject({
    code: 'usage',
    hint: `/parallel-run ${PLAN_DIR} --retry-failed --task task-001`,
  });
  expect(await run.refusal('spawn', { dir: PLAN_DIR, retryFailed: true, task: 'task-003' })).toMatchObject({
    code: 'refused',
    message: expect.stringContaining('is blocked by task-001') as string,
  });
  const again = run.start('spawn', '--retry-failed', '--task', 'task-001');
  await run.succeed('task-001');
  await run.succeed('task-003');
  expect((await again.ended).code).toBe(0);
  expect(await run.waitForRun('failed')).toMatchObject({ counts: { complete: 2, failed: 1 } });
});

it('--resume continues with a run whose start was killed before its supervisor had the lock, also by its folder', async () => {
  const run = await RunFixture.open({ tasks: TASKS.slice(0, 1) });
  for (const words of [['--resume'], [PLAN_DIR, '--resume']]) {
    const killed = await run.o8With({ ...run.environment, O8_FAILPOINT: 'supervisor.start.before' }, 'spawn', PLAN_DIR);
    expect(killed.code).toBe(null);
    const { runId } = await run.status();
    const resumed = await run.o8('spawn', ...words);
    expect(resumed.code, resumed.stderr).toBe(0);
    await (await run.agents.waitForAgent('task-001')).succeed('task-001.txt', words.join(' '));
    expect(await run.waitForRun('completed')).toMatchObject({ runId });
    await run.call('merge');
    await run.call('cleanup');
  }
});

it('finds every unfinished run, lists them if several are possible, and starts none while agents are still running', async () => {
  const other = 'parallel/other plan';
  const run = await RunFixture.open({
    tasks: [{ id: 'task-001', wave: 1 }],
    files: {
      [`${other}/manifest.json`]: '{"tasks":{"files":["tasks/task-009.md"]}}',
      [`${other}/tasks/task-009.md`]: '---\nid: task-009\nwave: 1\n---\nWrite task-009.txt.\n',
    },
  });
  const first = await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  await killSupervisor(run);
  const beside = await run.o8('spawn', other);
  expect(beside.code).toBe(3);
  expect(beside.stderr).toContain(`o8 run 'parallel/other plan' --force`);
  const checks = await run.o8Json('preflight', other);
  expect(JSON.stringify(checks)).toContain(`Agents of the interrupted run ${first} are still running`);
  await agent.signal('SIGKILL');
  await agent.gone;
  await waitFor(async () => (await run.o8('preflight', other)).code === 0, {
    timeoutMs: 20_000,
    what: 'no living agent',
  });
  const { runId: second } = await run.call('spawn', { dir: other });
  await run.agents.waitForAgent('task-009');
  await killSupervisor(run);
  expect(await run.status()).toMatchObject({ runId: second, others: [{ runId: first, state: 'interrupted' }] });
  for (const command of [['abort'], ['spawn', '--resume']]) {
    const { code, stderr } = await run.o8(...command);
    expect(code, stderr).toBe(2);
    for (const id of [first, String(second)]) expect(stderr).toContain(`--run ${id}`);
  }
  const stopped = await run.o8('abort', '--run', String(second));
  expect(stopped.code, stopped.stderr).toBe(0);
  const only = await run.o8('abort');
  expect(only.stdout).toContain(`Stopping parallel pipelines of run ${first}...`);
  expect((await run.status({ runId: first })).state).toBe('aborted');
});
