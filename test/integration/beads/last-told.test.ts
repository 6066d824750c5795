import { expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';
import { waitFor } from '../../support/waiting/wait-for.js';

it('o8 run returns when Beads has heard of the last task, and says when it will not hear of it now', async () => {
  const test = await BeadsRun.open();
  const { run, user } = test;
  const [epic = '', one = ''] = await test.epic('First');
  const followed = run.start('run', '--epic', epic, '--yes');
  const agent = await run.agents.waitForAgent(one);
  await test.waitForIssue(one, ({ labels }) => labels.includes('phase:working'));
  const gate = await user.slow('close', 'before', { times: 1 });
  await agent.succeed('one.txt', 'one\n');
  const isOver = async () => (await run.records()).some(({ type }) => type === 'run_finished');
  await waitFor(isOver, { timeoutMs: 40_000, what: 'the end of the run' });
  await gate.open();
  const { code, stdout } = await followed.ended;
  expect([code, (await user.issue(one)).status]).toEqual([0, 'closed']);
  expect(stdout).not.toContain('has not been told');

  const [second = '', two = ''] = await test.epic('Second');
  const again = run.start('run', '--epic', second, '--yes');
  const last = await run.agents.waitForAgent(two);
  await test.waitForIssue(two, ({ labels }) => labels.includes('phase:working'));
  await user.fail('update|close|list --all');
  await last.succeed('two.txt', 'two\n');
  const end = await again.ended;
  expect(end.code).toBe(0);
  expect(end.stdout).toContain(
    `Beads has not been told everything: it failed or did not answer. To tell it the rest: o8 run --epic ${second} --resume`,
  );
  await user.calm();
  await run.o8('run', '--epic', second, '--resume', '--yes');
  expect(await user.issue(two)).toMatchObject({ status: 'closed', labels: ['phase:merged'] });
}, 120_000);
