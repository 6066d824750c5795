import { describe, expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';
import { STAND_IN_BD } from '../../support/beads/stand-in-beads.js';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { OtherClone } from '../../support/github/other-clone.js';
import { openPullRun } from '../../support/github/pull-run.js';

const noGh = whyNoGh();
const LOOKED_MS = 90_000;
const PASSED = [{ name: 'ci', outcome: 'passed' }] as const;

describe.skipIf(noGh !== null)(`work that a person pushed${noGh === null ? '' : ` (${noGh})`}`, () => {
  it(
    'taken from a person who pushed elsewhere, loses nothing of the base that it was rebased on',
    { timeout: 240_000 },
    async () => {
      const { run, hub } = await openPullRun({
        tasks: [],
        settings: { beads: { program: STAND_IN_BD, pollSeconds: 5 } },
      });
      const test = await BeadsRun.in(run);
      await run.repository.git(['push', '--quiet', 'origin', 'main']);
      await run.repository.git(['fetch', '--quiet', 'origin']);
      const [epic = '', one = ''] = await test.epic('Both');
      await test.spawn(epic);
      await (await run.agents.waitForAgent(one)).succeed('one.txt', 'one\n');
      await run.waitForRun('completed', LOOKED_MS);
      const others = new OtherClone(hub.bare);
      const { repository } = hub.github;
      others.commit('main', { '.beads/base.txt': 'base\n' });
      others.rebase(`agent/${one}`);
      const pushed = others.commit(`agent/${one}`, { '.beads/theirs.txt': 'theirs\n', 'fixed.txt': 'fixed\n' });
      await run.o8('merger', '--no-review');
      await run.waitForRun('completed', LOOKED_MS);
      const head = repository.pullOf(`agent/${one}`).headCommit;
      const git = async (...args: string[]) => run.repository.git(args);
      expect(await git('diff', '--name-status', pushed, head)).toBe('D\t.beads/theirs.txt');
      repository.setChecks(`agent/${one}`, PASSED);
      expect((await run.o8('merger', '--no-review')).code).toBe(0);
      await run.waitForTask(one, 'complete', LOOKED_MS);
      await run.waitForRun('completed', LOOKED_MS);
      expect(
        await git(
          'ls-tree',
          '-r',
          '--name-only',
          'origin/main',
          'fixed.txt',
          'one.txt',
          '.beads/base.txt',
          '.beads/theirs.txt',
        ),
      ).toBe('.beads/base.txt\nfixed.txt\none.txt');
    },
  );
});
