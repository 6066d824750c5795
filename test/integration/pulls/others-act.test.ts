import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { StubAgent } from '../../support/agents/stub-agent.js';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { OtherClone } from '../../support/github/other-clone.js';
import { openPullRun, type PullRun } from '../../support/github/pull-run.js';
import { branchOf } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const noGh = whyNoGh();
const ONE = 'task-001';
const TWO = 'task-002';
const THREE = 'task-003';
const FOUR = 'task-004';
const passed = [{ name: 'ci', outcome: 'passed' }] as const;

async function promptOf({ started }: StubAgent): Promise<string> {
  return readFile(started.environment['O8_PROMPT_FILE'] ?? '', 'utf8');
}

/** What `merge` says of each pull request now. */
async function merge({ run }: PullRun, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  return (await run.call('merge', { noReview: true, ...more }))['pulls'];
}

describe.skipIf(noGh !== null)('an open pull request', { timeout: 180_000 }, () => {
  it('goes back to the session of its agent twice with what failed or was asked for, then it is up to a person', async () => {
    const all = await openPullRun({ tasks: [{ id: ONE, wave: 1 }] });
    const { run, hub } = all;
    const { repository } = hub.github;
    await run.spawn();
    await run.succeed(ONE);
    await run.waitForRun('completed', 60_000);
    repository.setChecks(branchOf(ONE), [{ name: 'ci', outcome: 'pending' }]);
    expect(await merge(all)).toEqual([
      expect.objectContaining({ action: 'wait', why: 'wait: checks are running: ci' }),
    ]);

    repository.setChecks(branchOf(ONE), [
      { name: 'ci', outcome: 'failed' },
      { name: 'lint', outcome: 'passed' },
    ]);
    await merge(all);
    const second = await run.agents.waitForAgent(ONE);
    const asked = await promptOf(second);
    expect(asked).toContain('These checks failed:');
    expect(asked).not.toContain('lint');
    const returned = { number: 1, action: 'wait', why: 'refuse: checks failed: ci; the agent works on it again' };
    expect(await merge(all)).toEqual([expect.objectContaining(returned)]);
    expect((await run.o8('merger', '--dry-run')).stdout).toContain('checks failed: ci; the agent works on it again');
    const fixed = await second.succeed('fixed.txt', 'fixed\n');
    await run.waitForRun('completed', 60_000);
    const [pull] = repository.list();
    expect(pull).toMatchObject({ number: 1, state: 'OPEN', headCommit: fixed });

    repository.setChecks(branchOf(ONE), passed);
    repository.review(branchOf(ONE), {
      state: 'CHANGES_REQUESTED',
      body: 'Rename it.',
      lines: [{ path: 'fixed.txt', line: 1, body: 'Here.' }],
    });
    await merge(all);
    const third = await run.agents.waitForAgent(ONE);
    expect(await promptOf(third)).toMatch(/reviewer requests changes:.*Rename it\..*fixed\.txt:1.*Here\./s);
    await third.succeed('renamed.txt', 'renamed\n');
    await run.waitForRun('completed', 60_000);
    repository.setChecks(branchOf(ONE), passed);
    expect(await merge(all)).toEqual([
      expect.objectContaining({ action: 'wait', why: expect.stringContaining('a new review is needed') as unknown }),
    ]);

    repository.review(branchOf(ONE), { state: 'CHANGES_REQUESTED', body: 'Not yet.' });
    const reason = 'pull request #1: changes requested by reviewer, after 2 rounds with the agent';
    expect(await merge(all)).toEqual([expect.objectContaining({ action: 'refuse', why: reason })]);
    expect(await run.task(ONE)).toMatchObject({ state: 'merge_pending', message: reason });
    repository.review(branchOf(ONE), { state: 'APPROVED' });
    expect(await merge(all)).toEqual([expect.objectContaining({ action: 'merged' })]);
    expect(repository.list().map(({ state }) => state)).toEqual(['MERGED']);
    expect(run.agents.all.length).toBe(3);
    expect(hub.github.faults).toEqual([]);
  });

  it('is believed when somebody else merged it, closed it or deleted its branch, also while no supervisor lived', async () => {
    const tasks = [ONE, TWO, THREE].map((id) => ({ id, wave: 1 }));
    const all = await openPullRun({ tasks: [...tasks, { id: FOUR, wave: 2, deps: [ONE] }] });
    const { run, hub } = all;
    const { repository } = hub.github;
    const others = new OtherClone(hub.bare);
    const runId = await run.spawn();
    await Promise.all([ONE, TWO, THREE].map(async (id) => run.succeed(id)));
    await waitFor(() => repository.list().length === 3, { timeoutMs: 60_000, what: 'three pull requests' });
    await waitFor(async () => (await run.task(THREE)).pull !== undefined, { timeoutMs: 20_000, what: 'the third' });
    for (const { head } of repository.list()) repository.setChecks(head, passed);
    expect(await run.refusal('merge', { undo: true })).toMatchObject({
      hint: expect.stringContaining('status') as unknown,
    });

    const { supervisor } = await run.status();
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    const moved = others.commit('main', { 'other.txt': 'other\n' });
    repository.mergeByHand(branchOf(ONE));
    repository.closeByHand(branchOf(TWO));
    repository.deleteBranch(branchOf(THREE));
    expect((await run.o8('spawn', '--resume', '--skip-preflight')).code).toBe(0);
    const four = await run.agents.waitForAgent(FOUR, 60_000);
    expect(await four.git('merge-base', '--is-ancestor', moved, 'HEAD')).toBe('');
    expect(await four.readFile(`${ONE}.txt`)).toBe(`${ONE}\n`);
    expect((await run.task(ONE)).state).toBe('complete');
    await four.succeed(`${FOUR}.txt`, 'four\n');
    await run.waitForRun('failed', 60_000);
    const [two, three] = [await run.task(TWO), await run.task(THREE)];
    expect([two.message, three.message]).toEqual([
      expect.stringMatching(/^pull request #\d was closed without a merge$/),
      expect.stringMatching(/^pull request #\d was closed: its branch was deleted on the remote$/),
    ]);
    expect(two.hint).toContain('gh pr reopen');

    const closed = repository.pullOf(branchOf(TWO));
    repository.update(closed, { state: 'OPEN' }); // a person reopens it
    repository.setChecks(branchOf(FOUR), passed);
    await merge(all);
    expect(
      repository
        .list()
        .map(({ head, state }) => `${head} ${state}`)
        .sort(),
    ).toEqual([
      `${branchOf(ONE)} MERGED`,
      `${branchOf(TWO)} MERGED`,
      `${branchOf(THREE)} CLOSED`,
      `${branchOf(FOUR)} MERGED`,
    ]);
    expect(existsSync(run.worktree(THREE))).toBe(true); // its work is nowhere else
    const undo = await run.call('merge', { undo: true, runId });
    expect(JSON.stringify(undo)).toContain('nothing');
  });
});
