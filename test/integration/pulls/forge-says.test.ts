import { describe, expect, it } from 'vitest';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { OtherClone } from '../../support/github/other-clone.js';
import { openPullRun, type PullRun } from '../../support/github/pull-run.js';
import { branchOf } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const noGh = whyNoGh();
const ONE = 'task-001';
const TWO = 'task-002';
const passed = [{ name: 'ci', outcome: 'passed' }] as const;

/** What `merge` says of each pull request now. */
async function merge({ run }: PullRun, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  return (await run.call('merge', { noReview: true, ...more }))['pulls'];
}

describe.skipIf(noGh !== null)('an open pull request', { timeout: 180_000 }, () => {
  it('waits for a forge that limits, answers nonsense or is gone, and a foreign branch of its name is left alone', async () => {
    const all = await openPullRun({ tasks: [{ id: ONE, wave: 1 }] });
    const { run, hub } = all;
    const { github } = hub;
    await run.spawn();
    const foreign = new OtherClone(hub.bare).commit(branchOf(ONE), { 'foreign.txt': 'foreign\n' });
    await run.succeed(ONE);
    await run.waitForRun('failed', 60_000);
    const held = await run.task(ONE);
    expect(held.message).toBe(
      `origin has a branch ${branchOf(ONE)} at ${foreign.slice(0, 12)} that this run did not push`,
    );
    expect(github.repository.git.head(branchOf(ONE))).toBe(foreign);
    github.repository.git.delete(branchOf(ONE));

    await github.disconnect();
    const pending = run.call('merge', { noReview: true });
    await waitFor(() => github.repository.git.head(branchOf(ONE)) !== null, { timeoutMs: 30_000, what: 'the push' });
    const log = async () => (await run.o8('logs')).stdout;
    await waitFor(async () => /not reachable: .*tried again later/.test(await log()), {
      timeoutMs: 30_000,
      what: 'a line in the log',
    });
    await github.connect();
    expect((await pending)['pulls']).toEqual([expect.objectContaining({ number: 1, action: 'wait' })]);

    github.repository.usualChecks = passed;
    github.trouble = { kind: 'rate_limit', resetAt: new Date(Date.now() + 3_600_000) };
    expect(await merge(all)).toEqual([
      expect.objectContaining({ action: 'wait', why: expect.stringContaining('rate limit') as unknown }),
    ]);
    github.trouble = { kind: 'shape', operation: null, body: { data: { repository: [] } } };
    expect(await merge(all)).toEqual([
      expect.objectContaining({ action: 'wait', why: expect.stringMatching(/no usable answer/) as unknown }),
    ]);
    github.trouble = { kind: 'status', status: 502, body: '<html>Bad gateway</html>' };
    expect(await merge(all)).toEqual([expect.objectContaining({ action: 'wait' })]);
    github.trouble = null;
    expect((await run.task(ONE)).state).toBe('merge_pending');
    expect(await merge(all)).toEqual([expect.objectContaining({ action: 'merged' })]);
    expect(github.repository.list().length).toBe(1);
  });

  it('with pr.stack is based on the branch of what it needs, and is verified again on the base before its own merge', async () => {
    const all = await openPullRun({
      tasks: [
        { id: ONE, wave: 1 },
        { id: TWO, wave: 2, deps: [ONE], more: { verify: `test ! -f breaks-two.txt` } },
      ],
      settings: { merge: { into: 'pr' }, pr: { stack: true } },
    });
    const { run, hub } = all;
    const { repository } = hub.github;
    repository.usualChecks = passed;
    await run.spawn();
    await run.succeed(ONE);
    const two = await run.agents.waitForAgent(TWO, 60_000);
    expect(await two.readFile(`${ONE}.txt`)).toBe(`${ONE}\n`);
    await two.succeed(`${TWO}.txt`, 'two\n');
    await run.waitForRun('completed', 60_000);
    expect(repository.pullOf(branchOf(TWO)).base).toBe(branchOf(ONE));

    new OtherClone(hub.bare).commit('main', { 'breaks-two.txt': '' });
    await merge(all);
    expect(repository.pullOf(branchOf(ONE)).state).toBe('MERGED');
    await run.waitForRun('failed', 60_000);
    expect(await run.task(TWO)).toMatchObject({ state: 'failed', reason: 'verify_failed' });
    expect(repository.pullOf(branchOf(TWO))).toMatchObject({ base: 'main', state: 'OPEN' });

    await run.spawn({ retryFailed: true });
    const again = await run.agents.waitForAgent(TWO, 60_000);
    await again.git('rm', '--quiet', 'breaks-two.txt');
    await again.succeed(`${TWO}.txt`, 'two again\n');
    await run.waitForRun('completed', 60_000);
    await merge(all);
    expect(repository.list().map(({ head, base, state }) => [head, base, state])).toEqual([
      [branchOf(ONE), 'main', 'MERGED'],
      [branchOf(TWO), 'main', 'MERGED'],
    ]);
    expect(await run.workOn('origin/main')).toEqual([ONE, TWO]);
  });
});
