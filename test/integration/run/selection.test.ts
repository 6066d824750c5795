import { describe, expect, it } from 'vitest';
import { FIVE_TASKS, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

const IDS = FIVE_TASKS.map(({ id }) => id);

describe('a part of a plan', () => {
  it('--wave 1, then --wave 2 continues with the same run after the dependency check, and all of it lands', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    const first = run.start('run', PLAN_DIR, '--wave', '1', '--yes');
    for (const id of ['task-001', 'task-002', 'task-003']) await run.succeed(id);
    expect((await first.ended).code).toBe(0);
    const { runId, counts } = await run.status();
    expect(counts).toEqual({ complete: 3, skipped: 2 });
    expect(await run.execution()).toMatchObject({
      waves: [
        { wave: 1, status: 'completed' },
        { wave: 2, status: 'pending' },
      ],
      skipped_tasks: [],
    });

    const second = run.start('run', PLAN_DIR, '--wave', '2', '--yes');
    const four = await run.agents.waitForAgent('task-004');
    expect(await four.readFile('task-001.txt')).toBe('task-001\n');
    await four.succeed('task-004.txt', 'task-004\n');
    await run.succeed('task-005');
    const { code, stdout } = await second.ended;
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(
      [
        '=== Running Wave 2 Only ===',
        '',
        'Checking Wave 1 dependencies...',
        '  feature/task-001-work: EXISTS',
        '  feature/task-002-work: EXISTS',
        '  feature/task-003-work: EXISTS',
        '',
        'All dependencies satisfied. Proceeding with Wave 2.',
      ].join('\n'),
    );
    expect((await run.status()).runId).toBe(runId);
    expect(await run.execution()).toMatchObject({ status: 'completed' });
    await run.call('merge', {});
    expect(await run.workOn('main')).toEqual(IDS);
    expect(run.agents.all).toHaveLength(5);
  });

  it('--wave 2 after wave 1 was landed and cleaned up starts from a base that contains it', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    await run.spawn({ wave: 1 });
    for (const id of ['task-001', 'task-002', 'task-003']) await run.succeed(id);
    await run.waitForRun('completed');
    await run.call('merge', {});
    await run.call('cleanup', {});
    expect(await run.repository.git(['branch', '--list', 'feature/*'])).toBe('');
    await run.spawn({ wave: 2 });
    const four = await run.agents.waitForAgent('task-004');
    expect(await four.readFile('task-002.txt')).toBe('task-002\n');
    await four.succeed('task-004.txt', 'task-004\n');
    await run.succeed('task-005');
    await run.waitForRun('completed');
    await run.call('merge', {});
    expect(await run.workOn('main')).toEqual(IDS);
  });

  it('--wave 2 first merges the branches it needs that were created elsewhere, verified like all others', async () => {
    const tasks = [
      { id: 'task-001', wave: 1 },
      { id: 'task-002', wave: 2, deps: ['task-001'] },
    ];
    const run = await RunFixture.open({ tasks, settings: { verify: 'test -f task-001.txt' } });
    const git = async (args: readonly string[]) => run.repository.git(args);
    await git(['switch', '--quiet', '--create', 'feature/task-001-work']);
    await run.repository.write('task-001.txt', 'task-001\n');
    await git(['add', 'task-001.txt']);
    await git(['commit', '--quiet', '--message', 'By hand']);
    await git(['switch', '--quiet', 'main']);
    const runId = await run.spawn({ wave: 2 });
    const two = await run.agents.waitForAgent('task-002');
    expect(await two.readFile('task-001.txt')).toBe('task-001\n');
    await two.succeed('task-002.txt', 'task-002\n');
    await run.waitForRun('completed');
    expect(await run.workOn(`o8/${runId}`)).toEqual(['task-001', 'task-002']);
  });

  it('a validation also runs when the first task of its wave was left out', async () => {
    const waves = [
      { number: 1, tasks: [{ id: 'task-001' }, { id: 'task-002' }], validation: 'test -f task-002.txt' },
      { number: 2, tasks: [{ id: 'task-003', deps: ['task-002'] }] },
    ];
    const tasks = [
      { id: 'task-001', wave: 1 },
      { id: 'task-002', wave: 1 },
      { id: 'task-003', wave: 2, deps: ['task-002'] },
    ];
    const run = await RunFixture.open({ tasks, manifest: { tasks: undefined, waves } });
    await run.spawn({ skip: ['task-001'] });
    await run.succeed('task-002');
    await run.succeed('task-003');
    await run.waitForRun('completed');
  });

  it('--wave 2 without the work of wave 1 is refused with what is missing, and nothing is created', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    const { code, stderr } = await run.o8('run', PLAN_DIR, '--wave', '2', '--yes');
    expect(code, stderr).toBe(4);
    expect(stderr).toContain('feature/task-001-work: MISSING');
    expect((await run.status()).state).toBe('none');
  });

  it('--skip leaves a task out, by id or stem; what needs it is blocked, all others run', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    const o8 = run.start('run', PLAN_DIR, '--skip', 'task-003-work', '--yes');
    await run.succeed('task-001');
    await run.succeed('task-002');
    await run.succeed('task-004');
    const { code } = await o8.ended;
    expect(code).toBe(1);
    expect((await run.status()).counts).toEqual({ complete: 3, skipped: 1, blocked: 1 });
    expect(await run.task('task-005')).toMatchObject({ state: 'blocked', blockedBy: ['task-003'] });
    expect((await run.execution()).skipped_tasks).toEqual(['task-003']);
    expect(run.agents.all).toHaveLength(3);
  });

  it('a wave’s validation is a barrier: failing it blocks the waves after it', async () => {
    const tasks = [
      { id: 'task-001', wave: 1 },
      { id: 'task-002', wave: 2 },
    ];
    const waves = [
      { number: 1, tasks: [{ id: 'task-001' }], validation: 'test -f good.txt' },
      { number: 2, tasks: [{ id: 'task-002' }] },
    ];
    const run = await RunFixture.open({ tasks, manifest: { tasks: undefined, waves } });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForTask('task-002', 'blocked');
    const end = await run.waitForRun('failed');
    expect(end.counts).toEqual({ complete: 1, blocked: 1 });
    expect(run.agents.all).toHaveLength(1);
  });
});
