import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branchOf, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const VALIDATION = 'x=database; echo the $x is not there >&2; exit 3';

const ONE = [{ id: 'task-001', wave: 1 }];
const CHAIN = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 2, deps: ['task-001'] },
  { id: 'task-004', wave: 3, deps: ['task-003'] },
];

function filesIn(folder: string): ReadonlyMap<string, number> {
  return new Map(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]));
}

describe('a validation that fails', () => {
  it('is shown by run, status and logs with its command, exit code, last lines and next command', async () => {
    const run = await RunFixture.open({
      tasks: [
        { id: 'task-001', wave: 1 },
        { id: 'task-002', wave: 2 },
      ],
      manifest: {
        name: 'Validated',
        waves: [
          { number: 1, tasks: [{ id: 'task-001' }], validation: VALIDATION },
          { number: 2, tasks: [{ id: 'task-002' }] },
        ],
      },
    });
    const o8 = run.start('run', PLAN_DIR, '--yes');
    await run.succeed('task-001');
    const { code, stdout } = await o8.ended;
    const what = `Validation of wave 1 failed: \`${VALIDATION}\`: exit 3`;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\[[\d:]+\] ✗ Validation of wave 1 failed: .*: exit 3$/m);
    expect(stdout).toContain(`${what}\n    the database is not there\n    full output: o8 logs --wave 1`);
    expect(stdout).toContain(
      `Next step: fix the validation command or the code it checks, then o8 run ${PLAN_DIR} --retry-failed`,
    );

    expect((await run.o8('status')).stdout).toContain(
      `${what}\n    the database is not there\n    full output: o8 logs --wave 1\n    corrected: o8 run ${PLAN_DIR} --retry-failed`,
    );
    expect(await run.call('status')).toMatchObject({
      waves: [{ wave: 1, validation: 'failed', message: expect.stringContaining('not there') as string }],
    });
    expect((await run.o8('logs', '--wave', '1')).stdout).toMatch(
      /validation of wave 1 of \w+ \(task-001\) failed\n[^]*not there/,
    );
    expect((await run.o8('logs', 'task-002')).stderr).toContain(what);
  });
});

describe('an agent that does not do its work', () => {
  it('fails as exit_3 and blocks what needs it while all others continue; exit code 1', async () => {
    const run = await RunFixture.open({ tasks: CHAIN });
    const o8 = run.start('run', PLAN_DIR, '--yes', '--progress');
    const one = await run.agents.waitForAgent('task-001');
    await one.print('the database is gone\n', 'stderr');
    await one.exit(3);
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({
      reason: 'exit_3',
      message: 'the agent exited with code 3\nLast lines of its stderr:\nthe database is gone',
      attempt: 1,
    });
    await run.waitForTask('task-004', 'blocked');
    await run.succeed('task-002');
    const { code, stdout } = await o8.ended;

    expect(code).toBe(1);
    expect(stdout).toContain('[PROGRESS] wave=1 task=task-001 status=failed error=exit_3');
    expect(stdout).toContain('[PROGRESS] wave=1 status=failed tasks=1/2');
    expect(stdout).toContain('[PROGRESS] execution status=failed');
    expect(stdout.trim().split('\n').at(-1)).toBe('Summary: 1 completed, 1 failed, 2 blocked');
    expect(await run.task('task-003')).toMatchObject({ state: 'blocked', blockedBy: ['task-001'], attempt: 0 });
    expect(existsSync(run.worktree('task-001'))).toBe(true);
    expect(existsSync(run.worktree('task-003'))).toBe(false);
    expect(stdout).not.toContain('Last lines'); // these lines are for programs
    expect((await run.o8('status')).stdout).toContain('the database is gone');
    expect((await run.o8('logs', 'task-004')).stderr).toContain('task-004 has not started: it is blocked by');
    expect(await run.execution()).toMatchObject({ status: 'failed', failed_tasks: ['task-001'] });
    const { tail } = await run.status({ task: 'task-001', tail: 20 });
    expect(String(tail)).toMatch(
      /Pipeline started for task-001[\s\S]*\[stderr\] the database is gone[\s\S]*exit code 3/,
    );
  });

  it('has its output once, in its log, and its last lines in the failure message', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const runId = await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.print(`${'x'.repeat(1000)}\n`.repeat(2000));
    await agent.print('\u001b[31mno licence\u001b[0m sk-ant-abcdefgh12345678\n');
    await agent.exit(4);
    const { message } = await run.waitForTask('task-001', 'failed');
    expect(message).toMatch(/Last lines of its output:\n[^]*no licence \[redacted\]$/);
    expect(String(message).length).toBeLessThan(2500);
    const folder = dirname((await run.task('task-001')).log);
    await waitFor(() => filesIn(folder).get('agent.jsonl') === 0, { timeoutMs: 10_000, what: () => folder });
    const sizes = [...filesIn(folder).values()].reduce((sum, size) => sum + size, 0);
    expect(folder).toContain(runId);
    expect(filesIn(folder).has('agent.stderr')).toBe(false);
    expect(sizes).toBeGreaterThan(2_000_000);
    expect(sizes).toBeLessThan(2_200_000);
    const { tail } = await run.status({ task: 'task-001', tail: 1000 });
    expect(Buffer.byteLength(String(tail))).toBeLessThanOrEqual(16 * 1024);
    expect((await run.o8('logs', 'task-001', '-n', '3000')).stdout.length).toBeGreaterThan(2_000_000);
    const inClaude = await run.o8With({ ...run.environment, CLAUDECODE: '1' }, 'logs', 'task-001', '-n', '3000');
    expect(Buffer.byteLength(inClaude.stdout)).toBeLessThanOrEqual(16 * 1024);
    expect(inClaude.stdout).toMatch(/no licence \[redacted\]\n.*exit code 4\n$/);
  });

  it('fails without the marker file, though it committed and exited with 0', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.writeFile('task-001.txt', 'half\n');
    await agent.commit('Half');
    await agent.exit(0);
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'no_completion_marker' });
    expect(await run.workOn((await run.status()).target ?? '')).toEqual([]);
  });

  it('fails with the marker file but without a commit', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.markComplete();
    await agent.exit(0);
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({ reason: 'no_commits' });
  });

  it('gets its uncommitted changes committed by o8 when it succeeded', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.writeFile('task-001.txt', 'all of it\n');
    await agent.markComplete();
    await agent.exit(0);
    const task = await run.waitForTask('task-001', 'complete');
    expect(task.notes).toEqual([expect.stringContaining('committed by o8')]);
    const target = (await run.status()).target ?? '';
    expect(await run.workOn(target)).toEqual(['task-001']);
    expect(await run.repository.git(['ls-tree', '-r', '--name-only', target])).not.toContain('.claude-task-complete');
  });

  it('is started again in the same worktree with what went wrong, and lands', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { retries: 1 } });
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    await first.writeFile('task-001.txt', 'half\n');
    const half = await first.commit('Half');
    await first.exit(7);
    const second = await run.agents.waitForAgent('task-001');
    expect(second.started.cwd).toBe(first.started.cwd);
    expect(await second.git('rev-parse', 'HEAD')).toBe(half);
    expect(second.started.environment['O8_ATTEMPT']).not.toBe(first.started.environment['O8_ATTEMPT']);
    expect(await second.readFile(second.started.environment['O8_PROMPT_FILE'] ?? '')).toContain('exited with code 7');
    await second.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    expect(await run.task('task-001')).toMatchObject({ state: 'complete', attempt: 2, commits: 2 });
  });

  it('with retryFailed starts over on the current target, and the old attempt stays reachable', async () => {
    const run = await RunFixture.open({ tasks: CHAIN });
    const runId = await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    await first.writeFile('wrong.txt', 'wrong\n');
    const wrong = await first.commit('Wrong');
    await first.writeFile('left.txt', 'left\n');
    await first.exit(1);
    await run.succeed('task-002');
    await run.waitForRun('failed');

    const again = run.start('run', PLAN_DIR, '--retry-failed', '--yes');
    const second = await run.agents.waitForAgent('task-001');
    expect(await second.git('ls-files')).not.toContain('wrong.txt');
    expect(await second.readFile('task-002.txt')).toBe('task-002\n');
    const kept = await run.repository.git([
      'for-each-ref',
      '--format=%(refname) %(objectname)',
      `refs/o8/attempts/${runId}`,
    ]);
    expect(kept).toBe(`refs/o8/attempts/${runId}/task-001/1 ${wrong}`);
    const rescue = await run.repository.git(['for-each-ref', '--format=%(refname)', 'refs/o8/rescue']);
    expect(await run.repository.git(['show', `${rescue}:left.txt`])).toBe('left');
    await second.succeed('task-001.txt', 'task-001\n');
    await run.succeed('task-003');
    await run.succeed('task-004');
    const { code, stdout } = await again.ended;
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('=== Retrying Failed Tasks ===');
    expect(stdout).toContain('task-001-work (error: exit_1)');
    expect((await run.status()).runId).toBe(runId);
    expect(await run.workOn(`o8/${runId}`)).toEqual(['task-001', 'task-002', 'task-003', 'task-004']);
  });
});

describe('the verify command', () => {
  it('that fails on the merged result keeps the target untouched', async () => {
    const verify = 'test ! -f broken.txt';
    const run = await RunFixture.open({ tasks: CHAIN.slice(0, 2), settings: { verify } });
    const runId = await run.spawn();
    await run.succeed('task-001');
    await run.waitForTask('task-001', 'complete');
    const good = await run.commitOf(`o8/${runId}`);
    const two = await run.agents.waitForAgent('task-002');
    await two.succeed('broken.txt', 'broken\n');
    const failed = await run.waitForTask('task-002', 'failed');
    expect(failed).toMatchObject({ reason: 'verify_failed', message: expect.stringContaining(verify) as string });
    await run.waitForRun('failed');
    expect(await run.commitOf(`o8/${runId}`)).toBe(good);
    expect(await run.repository.git(['worktree', 'list', '--porcelain'])).not.toContain('scratch');
  });

  it('that fails gives the agent another try in the same worktree', async () => {
    const settings = { verify: 'test ! -f broken.txt', retries: 1 };
    const run = await RunFixture.open({ tasks: ONE, settings });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await one.succeed('broken.txt', 'broken\n');
    const two = await run.agents.waitForAgent('task-001');
    expect(await two.readFile(two.started.environment['O8_PROMPT_FILE'] ?? '')).toContain('test ! -f broken.txt');
    await two.tell({ do: 'remove', path: 'broken.txt' });
    await two.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
  });
});

describe('scope enforce', () => {
  it('fails a branch that changes what its task does not declare, and nothing of it is merged', async () => {
    const tasks = [{ id: 'task-001', wave: 1, scope: 'CREATE: src/**\nBOUNDARY: src/core/**' }];
    const run = await RunFixture.open({ tasks, settings: { scope: 'enforce' } });
    const runId = await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.succeed('src/core/a.ts', 'export {};\n');
    expect(await run.waitForTask('task-001', 'failed')).toMatchObject({
      reason: 'scope_violation',
      message: expect.stringContaining('src/core/a.ts') as string,
    });
    expect(await run.commitOf(`o8/${runId}`)).toBe(await run.commitOf('main'));
    expect(await run.isAncestor(branchOf('task-001'), `o8/${runId}`)).toBe(false);
  });
});

describe('an agent', () => {
  it('gets setup, the included files, O8_* and ten ports of its own, and nothing of the session', async () => {
    const run = await RunFixture.open({
      tasks: CHAIN.slice(0, 2),
      settings: { setup: 'printf %s "$O8_TASK_ID" > installed.txt' },
      files: { '.gitignore': '.env\ninstalled.txt\n*.log\n', '.worktreeinclude': '.env\nREADME.md\n' },
    });
    await run.repository.write('.env', 'KEY=1\n');
    await run.repository.write('noise.log', 'noise\n');
    const runId = await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    expect(await one.readFile('installed.txt')).toBe('task-001');
    expect(await two.readFile('installed.txt')).toBe('task-002');
    expect(await one.readFile('.env')).toBe('KEY=1\n');
    await expect(one.readFile('noise.log')).rejects.toThrow('ENOENT');
    const environment = one.started.environment;
    expect(environment).toMatchObject({
      O8_RUN_ID: runId,
      O8_TASK_ID: 'task-001',
      O8_WORKTREE: run.worktree('task-001'),
      O8_BRANCH: branchOf('task-001'),
      O8_BASE: 'main',
    });
    expect(environment['O8_ATTEMPT']).toBeTruthy();
    expect(await one.readFile(environment['O8_PROMPT_FILE'] ?? '')).toContain('Write task-001.txt.');
    const ports = [one, two].map((agent) => Number(agent.started.environment['O8_PORT']));
    expect(Math.abs((ports[0] ?? 0) - (ports[1] ?? 0))).toBeGreaterThanOrEqual(10);
    // An agent must not start, merge or stop runs.
    const nested = { ...run.environment, O8_ATTEMPT: environment['O8_ATTEMPT'] ?? '' };
    for (const args of [['spawn', PLAN_DIR], ['merge'], ['abort'], ['cleanup']]) {
      expect(await run.o8With(nested, ...args, '--json')).toMatchObject({
        code: 4,
        stdout: expect.stringContaining('"code":"nested_run"') as string,
      });
    }
  });

  it('whose setup fails is not started; the reason has the command', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { setup: 'echo no network; exit 9' } });
    await run.spawn();
    const failed = await run.waitForTask('task-001', 'failed');
    expect(failed.reason).toBe('setup_failed');
    expect(failed.message).toMatch(/echo no network; exit 9.*exit 9\nno network/s);
    expect(run.agents.all).toEqual([]);
  });

  it('works in a repository whose hooks refuse everything, in an ordinary git worktree', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.repository.write('.git/hooks/pre-merge-commit', '#!/bin/sh\nexit 1\n');
    execFileSync('chmod', ['+x', `${run.root}/.git/hooks/pre-merge-commit`]);
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
  });
});
