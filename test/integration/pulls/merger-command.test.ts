import { describe, expect, it } from 'vitest';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { openPullRun } from '../../support/github/pull-run.js';
import { branchOf } from '../../support/runs/run-fixture.js';

const noGh = whyNoGh();

describe.skipIf(noGh !== null)(`o8 merger${noGh === null ? '' : ` (${noGh})`}`, () => {
  it('looks without changing anything, merges what is ready, and says so when there is nothing', async () => {
    const { run, hub } = await openPullRun({ tasks: ['task-001', 'task-002'].map((id) => ({ id, wave: 1 })) });
    const none = await run.o8('merger', '--dry-run');
    expect([none.code, none.stdout, none.stderr]).toEqual([0, 'No open pull requests.\n', '']);
    await run.spawn();
    for (const id of ['task-001', 'task-002']) await run.succeed(id);
    await run.waitForRun('completed', 60_000);

    const { repository } = hub.github;
    const numberOf = (task: string) => repository.list().find(({ head }) => head === branchOf(task))?.number ?? 0;
    const [one, two] = [numberOf('task-001'), numberOf('task-002')];
    repository.setChecks(branchOf('task-001'), [{ name: 'ci', outcome: 'passed' }]);
    repository.setChecks(branchOf('task-002'), [{ name: 'ci', outcome: 'pending' }]);
    const journal = await run.records();
    const looked = await run.o8('merger', '--dry-run');
    expect([looked.code, looked.stderr]).toEqual([0, '']);
    expect(looked.stdout.replace(/ +/g, ' ').split('\n')).toEqual([
      `merge #${String(one)} task-001 ready to merge`,
      `wait #${String(two)} task-002 checks are running: ci`,
      '',
    ]);
    expect(await run.records()).toEqual(journal);
    expect(hub.github.count(/^(PUT|POST \/repos|PATCH|DELETE)/)).toBe(hub.github.count(/^POST \/repos.*pulls$/));

    const status = await run.o8('status');
    expect(status.stdout).toMatch(
      /^Open pull requests:\n {2}#\d+ +task-001 .*https:\/\/github\.com\/acme\/shop\/pull\/\d+$/m,
    );
    expect(status.stdout).not.toContain('Ready:');

    const merged = await run.o8('merger', '--no-review', '--json');
    expect(merged.code).toBe(0);
    expect(JSON.parse(merged.stdout)).toMatchObject({
      pulls: [
        { task: 'task-001', number: one, action: 'merged' },
        { task: 'task-002', number: two, action: 'wait' },
      ],
    });
    expect(hub.github.count(/^PUT .*merge$/)).toBe(1);
    expect((await run.o8('cleanup', 'task-002', '--dry-run')).stdout).toMatch(/task-002/);
    expect(await run.o8('cleanup', 'task-002', '--task', 'task-001')).toMatchObject({ code: 2 });
    repository.setChecks(branchOf('task-002'), [{ name: 'ci', outcome: 'failed' }]);
    const refused = await run.o8('merger', '--dry-run', '--json');
    expect(JSON.parse(refused.stdout)).toMatchObject({ pulls: [{ task: 'task-002', action: 'refuse' }] });
  });
});
