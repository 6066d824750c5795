import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';
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
