import { describe, expect, it } from 'vitest';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { openPullRun } from '../../support/github/pull-run.js';
import { branchOf, PLAN_DIR } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const noGh = whyNoGh();
const TWO = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
];

describe.skipIf(noGh !== null)(`a run with merge.into pr${noGh === null ? '' : ` (${noGh})`}`, () => {
  it('opens one pull request a task, ends with them open, and merger merges what is ready', async () => {
    const { run, hub } = await openPullRun({ tasks: TWO });
    const before = await run.checkout();
    const preflight = await run.call('preflight', { dir: PLAN_DIR });
    expect(JSON.stringify(preflight)).toMatch(/Pull requests on acme\/shop into main \(gh [\d.]+, o8-tester\)/);
    await run.spawn();
    const tips = { one: await run.succeed('task-001'), two: await run.succeed('task-002') };
    const status = await run.waitForRun('completed', 60_000);
    expect(status.tasks.map(({ state, pull }) => [state, pull?.number])).toEqual([
      ['merge_pending', expect.any(Number)],
      ['merge_pending', expect.any(Number)],
    ]);
    const pulls = hub.github.repository.list();
    expect(pulls.map(({ head }) => head).sort()).toEqual([branchOf('task-001'), branchOf('task-002')]);
    expect(hub.github.faults).toEqual([]);
    expect(await run.checkout()).toMatchObject({
      head: before['head'],
      index: before['index'],
      files: before['files'],
    });

    const early = await run.call('merge', { noReview: true });
    expect(early['pulls']).toEqual([
      expect.objectContaining({ action: 'wait', why: 'wait: no check has been reported yet' }),
      expect.objectContaining({ action: 'wait' }),
    ]);
    for (const { head } of pulls) hub.github.repository.setChecks(head, [{ name: 'ci', outcome: 'passed' }]);
    const merged = await run.call('merge', { noReview: true });
    expect(merged['pulls']).toEqual([
      expect.objectContaining({ task: 'task-001', action: 'merged' }),
      expect.objectContaining({ task: 'task-002', action: 'merged' }),
    ]);
    await run.waitForTask('task-002', 'complete');
    expect(await run.workOn('origin/main')).toEqual(['task-001', 'task-002']);
    expect(hub.github.count(/^PUT .*merge$/)).toBe(2);
    await waitFor(
      async () => (await run.repository.git(['for-each-ref', '--format=%(refname)', 'refs/heads/feature'])) === '',
      {
        timeoutMs: 20_000,
        what: 'the branches to be removed',
      },
    );
    const remote = await run.repository.git(['ls-remote', '--heads', 'origin']);
    expect(remote.split('\n').map((line) => line.split('\t')[1])).toEqual(['refs/heads/main']);
    expect(await run.isAncestor(tips.one, 'main')).toBe(false); // the user's own branch is not moved
  });
});
