import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';
import { STAND_IN_BD } from '../../support/beads/stand-in-beads.js';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { openPullRun } from '../../support/github/pull-run.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const TIMEOUT_MS = 120_000;
/** A supervisor looks at the queue every five seconds, and a call takes up to two on a busy machine. */
const LOOKED_MS = 40_000;

/** The words of a call that say what it does; each update also removes the other labels. */
function short(argv: readonly string[]): string {
  const left = new Set(['--json', '--actor', '--remove-label']);
  const words = argv.filter(
    (word, at) => !left.has(word) && !['--actor', '--remove-label'].includes(argv[at - 1] ?? ''),
  );
  return words.join(' ');
}

describe('a run of an epic', { timeout: TIMEOUT_MS }, () => {
  it('works on what is open, tells each phase in order, and leaves index, checkout, hooks and settings as they were', async () => {
    const test = await BeadsRun.open({ settings: { merge: { into: 'integration' } } });
    const { run, user } = test;
    const [epic = '', one = '', two = '', three = ''] = await test.epic('Schema', 'Store', 'Taken');
    await user.bd(['dep', 'add', two, one]);
    await user.bd(['--actor', 'ada', 'update', three, '--claim']);
    await user.bd(['comments', 'add', one, 'Mind the gap']);
    await run.repository.write('README.md', '# Shop, staged\n');
    await run.repository.git(['reset', '--quiet']); // what the user's own calls staged
    await run.repository.git(['stash', 'push', '--quiet', '--', 'README.md']);
    const before = await test.users();
    await test.spawn(epic);
    const agent = await run.agents.waitForAgent(one);
    const told = await test.waitForIssue(one, ({ labels }) => labels.includes('phase:working'));
    expect(told).toMatchObject({ status: 'in_progress', assignee: expect.stringMatching(/^o8:.+@.+$/) as string });
    expect(await test.mirror()).toEqual({ [one]: { pid: String(agent.pid), worktree: `../worktrees/${one}` } });
    await rm(join(run.root, '.beads/orchestrator'), { recursive: true });
    const isThere = () => existsSync(join(run.root, '.beads/orchestrator/state.json'));
    await waitFor(isThere, { timeoutMs: 10_000, what: 'the mirror' });
    expect(await run.repository.git(['worktree', 'list', '--porcelain'])).toContain(`locked o8 run`);
    await agent.writeFile('.beads/issues.jsonl', 'of a branch\n');
    await agent.git('add', '--force', '.beads');
    await agent.succeed('one.txt', 'one\n');
    await run.succeed(two);
    const over = await run.waitForRun('completed', LOOKED_MS);
    expect(over.counts).toEqual({ complete: 2 });
    expect(await test.users()).toEqual(before);
    expect(await run.repository.git(['diff', '--name-only', 'main', over.target ?? ''])).toBe(`${two}.txt\none.txt`);

    await run.call('merge');
    const closed = await test.waitForIssue(two, ({ status }) => status === 'closed', LOOKED_MS);
    expect(closed).toMatchObject({
      labels: ['phase:merged'],
      close_reason: expect.stringMatching(/^merged [0-9a-f]{40}$/) as string,
    });
    expect(await user.issue(three)).toMatchObject({ status: 'in_progress', assignee: 'ada', labels: [] });
    expect((await user.issue(epic)).status).toBe('open'); // ada's is not done
    const calls = (await user.calls())
      .map(({ argv }) => short(argv))
      .filter((call) => / (?:update|close)/.test(` ${call}`));
    expect(calls.filter((call) => call.includes(one)).map((call) => call.replace(` ${two}`, ''))).toEqual([
      `update ${one} --claim`,
      `update ${one} --claim --status in_progress --add-label phase:spawned`,
      ...['working', 'committed'].map((phase) => `update ${one} --status in_progress --add-label phase:${phase}`),
      `update ${one} --add-label phase:merged`,
      expect.stringMatching(new RegExp(`^close ${one} --reason merged`)) as string,
    ]);
    expect(await test.mirror()).toEqual({});
    const prompt = join(run.root, '.git/o8/runs', over.runId ?? '', 'tasks', one, '1/prompt.md');
    expect(await readFile(prompt, 'utf8')).toMatch(/Mind the gap[\s\S]*test-first/);
    expect(await run.refusal('spawn', { epic })).toMatchObject({
      code: 'invalid_plan',
      message: expect.stringContaining(`${three} is claimed by "ada"`) as string,
    });
  });
});

describe('a run whose queue changes', { timeout: TIMEOUT_MS }, () => {
  it('takes in what is added, closed, claimed and reset by hand while it goes on', async () => {
    const test = await BeadsRun.open();
    const { run, user } = test;
    const [epic = '', one = '', two = '', three = ''] = await test.epic('First', 'Second', 'Third');
    for (const id of [two, three]) await user.bd(['dep', 'add', id, one]);
    await test.spawn(epic);
    const agent = await run.agents.waitForAgent(one);
    const four = await user.create('Later', '--parent', epic);
    await user.bd(['close', two, '--force', '--reason', 'by hand']);
    await user.bd(['--actor', 'ada', 'update', three, '--claim']);
    const joined = await run.agents.waitForAgent(four);
    await run.waitForTask(two, 'skipped', LOOKED_MS);
    await agent.succeed('one.txt', 'one\n');
    expect((await run.waitForTask(three, 'skipped', LOOKED_MS)).notes).toEqual(['claimed in Beads by ada']);

    await joined.exit(1);
    const failed = await test.waitForIssue(four, ({ comments }) => comments.length === 1, LOOKED_MS);
    expect(failed).toMatchObject({ status: 'blocked', labels: [] });
    expect(failed.comments[0]?.text).toMatch(/failed \(exit_1\)/);
    expect((await run.waitForRun('failed', LOOKED_MS)).counts).toEqual({ complete: 1, skipped: 2, failed: 1 });
    // The guide's reset, and the same command again: a new run, in which it begins anew.
    await run.repository.git(['worktree', 'remove', '--force', test.worktree(four)]);
    await run.repository.git(['branch', '-D', `agent/${four}`]);
    await user.bd(['update', four, '--status', 'open', '--remove-label', 'phase:working']);
    await test.spawn(epic);
    await run.succeed(four);
    await run.waitForRun('completed', LOOKED_MS);
    expect(await user.issue(four)).toMatchObject({ status: 'closed', labels: ['phase:merged'] });
  });

  it('goes on without bd, and tells everything once when it answers again', async () => {
    const test = await BeadsRun.open();
    const { run, user } = test;
    const [epic = '', one = '', two = ''] = await test.epic('First', 'Second');
    await user.bd(['dep', 'add', two, one]);
    await user.fail('update|close|list --all', {}, { from: 2 }); // after the plan was read
    const gate = await user.slow('update .*--claim$', 'before', { times: 1 });
    await test.spawn(epic);
    await run.succeed(one);
    await run.succeed(two);
    await run.waitForRun('completed', LOOKED_MS);
    await gate.open();
    await user.calm();
    expect(await user.issue(one)).toMatchObject({ status: 'open', labels: [] });
    const again = await run.call('spawn', { epic });
    expect(again).toMatchObject({ continued: true });
    await test.waitForIssue(epic, ({ status }) => status === 'closed', LOOKED_MS);
    await run.waitForRun('completed', LOOKED_MS);
    for (const id of [one, two]) {
      expect(await user.issue(id)).toMatchObject({ status: 'closed', labels: ['phase:merged'] });
      const added = (await user.calls()).map(({ argv }) => argv.join(' ')).filter((call) => call.includes(id));
      expect(added.filter((call) => call.includes('--add-label phase:committed'))).toHaveLength(1);
    }
    expect((await run.records()).filter(({ type }) => type === 'attempt_started')).toHaveLength(2);
  });
});

const noGh = whyNoGh();

describe.skipIf(noGh !== null)(`an epic that gets pull requests${noGh === null ? '' : ` (${noGh})`}`, () => {
  it(
    'goes on in a new clone with finished work that is on the remote, and opens one for each task',
    async () => {
      const { run, hub } = await openPullRun({
        tasks: [],
        settings: { beads: { program: STAND_IN_BD, pollSeconds: 5 } },
      });
      const test = await BeadsRun.in(run);
      const { user } = test;
      const git = async (...args: string[]) => run.repository.git(args);
      const [epic = '', one = '', two = ''] = await test.epic('First', 'Second');
      await run.repository.commit('Issues');
      await git('push', '--quiet', 'origin', 'main');
      await git('switch', '--quiet', '-c', `agent/${one}`);
      const done = await run.repository.commit('Work', { 'one.txt': 'one\n' });
      await git('push', '--quiet', 'origin', `agent/${one}`);
      await git('switch', '--quiet', 'main');
      await git('branch', '-D', `agent/${one}`);
      await mkdir(join(run.root, '.git/o8'), { recursive: true });
      await writeFile(join(run.root, '.git/o8/beads-actor'), 'o8:ada@laptop\n');
      await user.bd(['--actor', 'o8:ada@laptop', 'update', one, '--claim', '--add-label', 'phase:committed']);
      await test.spawn(epic);
      await run.succeed(two);
      const status = await run.waitForRun('completed', LOOKED_MS * 2);
      expect(status.tasks.map(({ id, state, attempt }) => [id, state, attempt])).toEqual([
        [one, 'merge_pending', 0],
        [two, 'merge_pending', 1],
      ]);
      const pulls = hub.github.repository.list();
      expect(pulls.map(({ head }) => head).sort()).toEqual([`agent/${one}`, `agent/${two}`]);
      expect(await git('rev-parse', `agent/${one}`)).toBe(done);
      for (const { number, head } of pulls) {
        const id = head.replace('agent/', '');
        await test.waitForIssue(id, ({ labels }) => labels.join() === `phase:pr_created,pr:${number}`, LOOKED_MS);
      }
    },
    TIMEOUT_MS,
  );
});
