import { describe, expect, it } from 'vitest';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];

const linesOf = (stdout: string): string[] => stdout.split('\n').map((line) => line.replace(/^\[[^\]]*Z\] /, ''));

describe('o8 logs', () => {
  it('of a task prints the end of its log while it grows, and as many lines as are asked for', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.print('one\ntwo\nthree\nunfinished');
    await waitFor(async () => (await run.o8('logs', 'task-001')).stdout.includes('three'), {
      timeoutMs: 20_000,
      what: 'the lines in the log',
    });
    const { code, stdout } = await run.o8('logs', 'task-001-work', '-n', '2');
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual(['[stdout] two', '[stdout] three', '']);
  });

  it('shows the state of a task that has not started', async () => {
    const run = await RunFixture.open({ tasks: [...ONE, { id: 'task-002', wave: 2 }] });
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    const { code, stdout, stderr } = await run.o8('logs', 'task-002');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'task-002 has not started yet: it is queued.\n',
    });
  });

  it('--follow waits for the task, continues over its retry, and ends with it', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { retries: 1 } });
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    const o8 = run.start('logs', 'task-001', '--follow');
    await first.print('first \u001b[31mattempt\u001b[0m\n');
    await o8.waitForOutput('first attempt');
    await first.exit(1);
    const second = await run.agents.waitForAgent('task-001');
    await second.print('second attempt\n');
    await o8.waitForOutput('second attempt');
    expect(o8.isRunning).toBe(true);
    await second.succeed('task-001.txt', 'task-001\n');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual([
      'Pipeline started for task-001',
      '[stdout] first attempt',
      'Pipeline completed with exit code 1',
      '--- attempt 2 ---',
      'Pipeline started for task-001',
      '[stdout] second attempt',
      'Pipeline completed with exit code 0',
      '',
    ]);
    const early = await run.o8('logs', 'task-001', '--attempt', '1', '-f');
    expect(linesOf(early.stdout)).toEqual([...linesOf(stdout).slice(0, 3), '']);
    const unknown = await run.o8('logs', 'task-001', '--attempt', '3');
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.stderr).toContain('task-001 has attempts 1 to 2, not 3.');
  });

  it('--follow ends with exit code 1 when the supervisor is not running any more', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    const o8 = run.start('logs', 'task-001', '-f');
    await o8.waitForOutput('Pipeline started');
    process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
    const { code, stderr } = await o8.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('o8 run --resume --run');
  });

  it('without a task shows the path and the end of the supervisor’s own log', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { notify: 'sleep 1; false' } });
    const runId = await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    const o8 = run.start('logs', '--follow');
    await o8.waitForOutput('supervisor.log');
    await agent.succeed('task-001.txt', 'task-001\n');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe(`.git/o8/runs/${runId}/supervisor.log`);
    expect(stdout).toContain('notify task_complete task-001: exit 1');
    expect(stdout).toContain('notify run_finished: exit 1'); // said when the run was over
    expect(await run.o8('logs', '--follow')).toMatchObject({ code: 0, stdout });
  });

  it('into a pipe that closes early ends quietly', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.print('line\n'.repeat(20_000));
    await agent.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    const o8 = run.start('logs', 'task-001', '-n', '100000');
    o8.closeOutput();
    expect((await o8.ended).stderr).toBe('');
  });
});

describe('o8 run --verbose', () => {
  it('prints every line of every attempt with its task, also a giant one and a long backlog', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { retries: 1 } });
    const o8 = run.start('run', PLAN_DIR, '--yes', '--verbose');
    const first = await run.agents.waitForAgent('task-001');
    await first.print(`${'x'.repeat(300_000)}\n`);
    await first.print(Array.from({ length: 50_000 }, (_, index) => `line ${String(index)}\n`).join(''));
    await first.exit(1);
    const second = await run.agents.waitForAgent('task-001');
    await second.print('second\n');
    await second.succeed('task-001.txt', 'task-001\n');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(0);
    const lines = stdout.split('\n').filter((line) => line.startsWith('[task-001] '));
    expect(lines.filter((line) => / line \d+$/.test(line))).toHaveLength(50_000);
    expect(lines.join('').match(/x/g)?.length).toBeGreaterThanOrEqual(300_000);
    expect(lines.filter((line) => line.endsWith('Pipeline started for task-001'))).toHaveLength(2);
    expect(lines.some((line) => line.endsWith('[stdout] second'))).toBe(true);
    expect(lines.at(-1)).toBe('[task-001] Pipeline completed with exit code 0');
  });
});
