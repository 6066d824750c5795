import { killSupervisor } from '../../support/faults/crash.js';
import { describe, expect, it } from 'vitest';
import { PLAN_DIR, RunFixture, type TestTask } from '../../support/runs/run-fixture.js';

const TASKS: readonly TestTask[] = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 2, deps: ['task-001'] },
];

describe('a plan that is started again', () => {
  it('gets one message if its run completed and landed, and the command for tasks that were left out', async () => {
    const run = await RunFixture.open({ tasks: TASKS });
    const first = run.start('run', PLAN_DIR, '--wave', '1', '--yes');
    await run.succeed('task-001');
    await run.succeed('task-002');
    const { stdout } = await first.ended;
    const left = `Left out of this run:\n  - task-003: o8 run ${PLAN_DIR} --wave 2\n`;
    expect(stdout).toContain(left);
    const { runId = '' } = await run.status();
    const waiting = await run.o8('spawn', PLAN_DIR);
    expect(waiting.code).toBe(4);
    expect(waiting.stderr).toMatch(/^Error: Run \S+ completed and is not on main; merge it, then clean it up/);
    expect((await run.o8('merge')).stdout).toContain(left);

    for (const command of [
      ['spawn', PLAN_DIR],
      ['run', PLAN_DIR, '--yes'],
    ]) {
      const again = await run.o8(...command);
      expect(again.code).toBe(4);
      expect(again.stderr).toBe(
        `Error: Run ${runId} completed and landed; clean it up to run it again\n  o8 cleanup --run ${runId}\n` +
          `  o8 run ${PLAN_DIR} --wave 2   (runs what it left out: task-003)\n`,
      );
    }
    const second = run.start('run', PLAN_DIR, '--wave', '2', '--yes');
    await run.succeed('task-003');
    expect((await second.ended).code).toBe(0);
    expect((await run.status()).runId).toBe(runId);
    await run.call('merge');
    await run.call('cleanup', { runId });

    // The plan has landed before: each wave runs again, in one run.
    const third = await run.spawn({ wave: 1 });
    for (const id of ['task-001', 'task-002']) await (await run.agents.waitForAgent(id)).succeed(`again-${id}.txt`, id);
    await run.waitForRun('completed');
    const { runId: fourth } = await run.call('spawn', { dir: PLAN_DIR, wave: 2, retryFailed: false });
    expect(fourth).toBe(third);
  });

  it('is refused before it continues if another run has the branch, with a command that moves the branch', async () => {
    const other = 'parallel/other';
    const run = await RunFixture.open({
      tasks: TASKS,
      files: {
        [`${other}/manifest.json`]: '{"tasks":{"files":["tasks/task-003-work.md"]}}',
        [`${other}/tasks/task-003-work.md`]: '---\nid: task-003\nwave: 1\n---\nWrite it.\n',
      },
    });
    await run.spawn({ wave: 1 });
    for (const id of ['task-001', 'task-002']) await run.succeed(id);
    await run.waitForRun('completed');
    await run.call('spawn', { dir: other });
    await run.succeed('task-003');
    const { runId } = await run.waitForRun('completed');
    const refused = await run.o8('run', PLAN_DIR, '--wave', '2', '--yes');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain(`Branch already exists: feature/task-003-work, left by run ${String(runId)}`);
    expect(refused.stderr).toContain(`\n  o8 cleanup --run ${String(runId)}\n`);
    await run.o8('cleanup', '--run', String(runId));
    const again = run.start('run', PLAN_DIR, '--wave', '2', '--yes');
    await (await run.agents.waitForAgent('task-003')).succeed('three.txt', 'three\n');
    expect((await again.ended).code).toBe(0);
  });
});

it('a name that is no folder and no feature gets the nearest ones, exit code 4; a folder that is not there too', async () => {
  const run = await RunFixture.open({
    tasks: TASKS,
    files: { '.blueprint/features/feature_user-auth/FEATURE_SPEC.md': '# User auth\n' },
  });
  const feature = await run.o8('run', 'user-aut', '--yes');
  expect(feature.code).toBe(4);
  expect(feature.stderr).toMatch(/^Error: user-aut: no folder and no feature of that name/);
  expect(feature.stderr).toContain('Did you mean:\n  o8 parallel user-auth\n');
  expect(await run.refusal('plan', { features: ['inventory'] })).toMatchObject({
    code: 'preflight_failed',
    hint: expect.stringContaining(`Did you mean:\n/parallel-run ${PLAN_DIR}\n`) as string,
  });
  const folder = await run.o8('run', 'parallel/TS-042-inventory', '--yes');
  expect(folder.code).toBe(2);
  expect(folder.stderr).toContain(`o8 run ${PLAN_DIR}\n`);
});

it('hints name the run where the repository has several, and repeat every flag', { timeout: 120_000 }, async () => {
  const other = 'parallel/other';
  const run = await RunFixture.open({
    tasks: TASKS.slice(0, 1),
    files: {
      [`${other}/manifest.json`]: '{"tasks":{"files":["tasks/b.md"]}}',
      [`${other}/tasks/b.md`]: '---\nid: b\nwave: 1\n---\nWrite it.\n',
    },
  });
  await run.spawn();
  await run.agents.waitForAgent('task-001');
  await run.waitForTask('task-001', 'running');
  expect((await run.o8('pause', '--now')).stdout).toContain('To continue: o8 unpause\n');
  const { runId: first = '' } = await run.status();
  await killSupervisor(run);
  const flags = ['--wave', '1', '--max-concurrent', '2', '--progress'];
  expect((await run.o8('run', other, ...flags)).stderr).toContain(
    `\n  o8 run ${other} --wave 1 --max-concurrent 2 --progress --yes\n`,
  );

  const following = run.start('run', other, '--yes');
  const agent = await run.agents.waitForAgent('b');
  const second = String((await run.status()).runId);
  expect((await run.o8('spawn', other, '--wave', '1', '--skip', 'a')).stderr).toContain(
    `• Force override: o8 run ${other} --wave 1 --skip a --force\n`,
  );
  expect((await run.o8('abort', '--run', first)).stderr).toMatch(/• Run: o8 status\n• Stop that run: o8 abort\n$/);
  expect((await run.o8('logs', 'nobody')).stderr).toContain(`\n  o8 status --run ${second}\n`);
  expect((await run.o8('merge', '--run', first, '--task', 'task-001', '--accept-held', '--dry-run')).stderr).toContain(
    `\n  o8 merge --run ${first} --task task-001 --dry-run\n`,
  );
  expect((await run.o8('pause')).stdout).toContain(`To continue: o8 unpause --run ${second}\n`);
  expect((await run.call('status'))['hint']).toBe(`spawn with pause: "off" and runId: "${second}"`);
  await run.o8('unpause');
  await agent.succeed('b.txt', 'b\n');
  expect((await following.ended).stdout).toContain(`Next step: o8 merge --run ${second} (puts o8/${second} on main)`);
  expect((await run.o8('status')).stdout).toContain(`\no8 merge --run ${second} lands the completed tasks on main\n`);
  expect((await run.status())['text']).toContain(
    `Next step: /parallel-integrate --parallel-dir ${other}\nThen: /parallel-merge ${second}`,
  );

  // The newest run has ended: the one that is paused is meant, and what was refused is not done now.
  expect((await run.o8('unpause')).stdout).toBe('Run resumed.\n');
  await (await run.agents.waitForAgent('task-001')).succeed('one.txt', 'one\n');
  // Ends with the task. Once the run has ended, status without its id shows the newer one.
  expect((await run.o8('logs', 'task-001', '--run', first, '--follow')).code).toBe(0);
  expect((await run.status({ runId: first, task: 'task-001' })).tasks).toMatchObject([{ state: 'complete' }]);
});
