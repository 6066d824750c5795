import { describe, expect, it } from 'vitest';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { openPullRun } from '../../support/github/pull-run.js';
import { branchOf } from '../../support/runs/run-fixture.js';

const noGh = whyNoGh();
const branch = branchOf('task-001');

describe.skipIf(noGh !== null)(`the merger agent${noGh === null ? '' : ` (${noGh})`}`, () => {
  it('asks for changes, which the same task makes, then says merge; once for each commit', async () => {
    const { run, hub } = await openPullRun({ tasks: [{ id: 'task-001', wave: 1 }] });
    const { repository } = hub.github;
    await run.spawn();
    const first = await run.succeed('task-001');
    await run.waitForRun('completed', 60_000);
    repository.setChecks(branch, [{ name: 'ci', outcome: 'passed' }]);

    const asked = run.call('merge');
    const reviewer = await run.agents.waitForAgent('task-001');
    expect(reviewer.started.environment).toMatchObject({ O8_REVIEW: '1', O8_TASK_ID: 'task-001' });
    expect(reviewer.started.cwd).not.toBe(run.worktree('task-001'));
    expect(await reviewer.readFile('task-001.txt')).toBe('task-001\n');
    await reviewer.print('task-001.txt:1: the line should end the sentence\n**VERDICT: changes**\n');
    await reviewer.exit(0);
    expect((await asked)['pulls']).toEqual([
      expect.objectContaining({ action: 'wait', why: 'the review asks for changes; the agent works on it again' }),
    ]);
    const agent = await run.agents.waitForAgent('task-001');
    expect(agent.started.environment['O8_REVIEW']).toBeUndefined();
    expect(agent.started.argv.join('\n')).not.toContain('VERDICT');
    await agent.succeed('task-001.txt', 'task-001.\n');
    await run.waitForRun('completed', 60_000);
    const pull = repository.pullOf(branch);
    expect(repository.list()).toHaveLength(1);
    expect(pull.comments.map(({ body }) => body)).toEqual([expect.stringContaining('changes needed')]);
    expect(await run.commitOf(`refs/remotes/origin/${branch}`).catch(() => '')).not.toBe(first);

    repository.setChecks(branch, [{ name: 'ci', outcome: 'passed' }]);
    const again = run.call('merge');
    const second = await run.agents.waitForAgent('task-001');
    await second.print('VERDICT: merge\n');
    await second.exit(0);
    expect((await again)['pulls']).toEqual([expect.objectContaining({ action: 'merged' })]);
    expect(pull.comments).toHaveLength(1); // the same comment, edited
    expect(pull.comments[0]?.body).toContain(': merge');
    await run.waitForTask('task-001', 'complete');
  });

  it('that gives no verdict merges nothing', async () => {
    const { run, hub } = await openPullRun({ tasks: [{ id: 'task-001', wave: 1 }] });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed', 60_000);
    hub.github.repository.setChecks(branch, [{ name: 'ci', outcome: 'passed' }]);
    const asked = run.call('merge');
    const reviewer = await run.agents.waitForAgent('task-001');
    await reviewer.print('Looks fine.\n');
    await reviewer.exit(0);
    expect((await asked)['pulls']).toEqual([
      expect.objectContaining({ action: 'wait', why: 'the review gave no verdict (exit code 0)' }),
    ]);
    expect(hub.github.count(/^PUT .*merge$/)).toBe(0);
  });

  it('holds up nobody else, and is stopped with its task', async () => {
    const { run, hub } = await openPullRun({ tasks: ['task-001', 'task-002'].map((id) => ({ id, wave: 1 })) });
    hub.github.repository.usualChecks = [{ name: 'ci', outcome: 'passed' }];
    await run.spawn();
    for (const id of ['task-001', 'task-002']) await run.succeed(id);
    await run.waitForRun('completed', 60_000);
    const asked = run.start('merge', '--task', 'task-001', '--json');
    const reviewer = await run.agents.waitForAgent('task-001');
    expect((await run.call('merge', { noReview: true, task: 'task-002' }))['pulls']).toEqual([
      expect.objectContaining({ task: 'task-002', action: 'merged' }),
    ]);
    expect((await run.call('cleanup', { task: 'task-001', dryRun: true }))['kept']).toHaveLength(1);
    await run.call('abort', { task: 'task-001' });
    await reviewer.gone;
    const answer = JSON.parse((await asked.ended).stdout) as { pulls: unknown };
    expect(answer.pulls).toEqual([
      expect.objectContaining({
        task: 'task-001',
        why: expect.stringMatching(/^the (task was aborted|review was stopped)$/) as unknown,
      }),
    ]);
    expect(hub.github.count(/^PUT .*merge$/)).toBe(1);
    const held = { state: 'merge_pending', message: 'the task was aborted after its agent had finished' };
    expect(await run.task('task-001')).toMatchObject(held);
  });
});
