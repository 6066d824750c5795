import { describe, expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';

describe('o8 worker', () => {
  it(
    'starts one agent for an issue, never a second one, and retries it after it was killed',
    { timeout: 180_000 },
    async () => {
      const test = await BeadsRun.open();
      const { run } = test;
      const [epic = '', one = '', two = ''] = await test.epic('Schema', 'Store');

      const status = await run.o8('status');
      expect([status.code, status.stderr]).toEqual([0, '']);
      expect(status.stdout).toMatch(/\nReady:\n(?: {2}\S+ {2}(?:Schema|Store)\n){2}\nIn progress:\n {2}none\n/);

      const worker = run.start('worker', one);
      const agent = await run.agents.waitForAgent(one);
      await run.waitForTask(one, 'running');
      const second = await run.o8('worker', one);
      expect([second.code, second.stdout]).toEqual([
        0,
        expect.stringContaining(`Pid ${String(agent.pid)} works on ${one} in run `) as string,
      ]);
      process.kill(agent.pid, 'SIGKILL');
      const ended = await worker.ended;
      expect([ended.code, ended.stdout]).toEqual([1, expect.stringContaining('1 failed') as string]);
      const failed = await test.waitForIssue(one, ({ status }) => status === 'blocked');
      expect(failed.labels).toEqual([]);

      const again = run.start('worker', one);
      await (await run.agents.waitForAgent(one)).succeed('one.txt', 'one\n');
      expect(await again.ended).toMatchObject({ code: 0 });
      expect(await run.repository.git(['show', 'main:one.txt'])).toBe('one');
      await test.waitForIssue(one, ({ status }) => status === 'closed');

      await test.spawn(epic); // an active run of its epic: it is retried there
      const other = await run.agents.waitForAgent(two);
      const there = await run.o8('worker', two);
      expect(there.stdout).toMatch(new RegExp(`^(Pid ${String(other.pid)} works on|The agent of) ${two}`));
      await other.succeed('two.txt', 'two\n');
      await run.waitForRun('completed', 40_000);
    },
  );

  it('takes an issue that somebody else has claimed with --force only', { timeout: 120_000 }, async () => {
    const test = await BeadsRun.open();
    const { run, user } = test;
    const [, one = ''] = await test.epic('Schema');
    await user.bd(['--actor', 'ada', 'update', one, '--claim']);
    const refused = await run.o8('worker', one);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(new RegExp(`^Error: ${one} is claimed by "ada"\\.\n.*o8 worker ${one} --force`));
    const shown = await run.o8('worker', one, '--force', '--dry-run');
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining(one) as string]);
    expect(await user.issue(one)).toMatchObject({ assignee: 'ada' });
    const worker = run.start('worker', one, '--force');
    await (await run.agents.waitForAgent(one)).succeed('one.txt', 'one\n');
    expect(await worker.ended).toMatchObject({ code: 0 });
    const closed = await test.waitForIssue(one, ({ status }) => status === 'closed');
    expect(closed).toMatchObject({ assignee: expect.stringMatching(/^o8:/) as string, labels: ['phase:merged'] });
  });

  it('runs no program that settings of the repository name before they are accepted', async () => {
    const test = await BeadsRun.open();
    const [epic = ''] = await test.epic('Schema');
    await test.run.repository.git(['add', '--force', '.claude/parallel-config.json']);
    const before = (await test.user.calls()).length;
    expect(await test.run.refusal('plan', { epic })).toMatchObject({ code: 'untrusted' });
    const status = await test.run.o8('status');
    expect([status.code, status.stderr]).toEqual([0, expect.stringContaining('o8 trust') as string]);
    expect(await test.user.calls()).toHaveLength(before);
  });
});
