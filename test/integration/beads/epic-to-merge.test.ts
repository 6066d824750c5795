import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';
import { STAND_IN_BD } from '../../support/beads/stand-in-beads.js';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { openPullRun } from '../../support/github/pull-run.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const noGh = whyNoGh();
const PHASES = ['spawned', 'working', 'committed', 'pr_created', 'merged'].map((phase) => `phase:${phase}`);
/** Two levels, each with looks at GitHub half a minute apart. */
const TIMEOUT_MS = 300_000;

/** Does each task at once, and says of each pull request that it may be merged. */
const AGENT = `
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const task = process.env.O8_TASK_ID;
if (process.env.O8_REVIEW !== undefined) console.log('VERDICT: merge');
else {
  writeFileSync(task + '.txt', task);
  execFileSync('git', ['add', task + '.txt']);
  execFileSync('git', ['-c', 'user.name=agent', '-c', 'user.email=agent@localhost', 'commit', '-qm', task]);
  writeFileSync('.claude-task-complete', '');
}
`;

describe.skipIf(noGh !== null)(`an epic with pull requests${noGh === null ? '' : ` (${noGh})`}`, () => {
  it(
    'of eight tasks in two levels is merged and closed, also while bd sync moves the base, and leaves nothing behind',
    { timeout: TIMEOUT_MS },
    async () => {
      const { run, hub } = await openPullRun({
        tasks: [],
        settings: {},
      });
      const agent = join(run.home, 'agent.mjs');
      await writeFile(agent, AGENT);
      await run.repository.write(
        '.claude/parallel-config.json',
        JSON.stringify({
          agent: { command: [process.execPath, agent] },
          merge: { into: 'pr' },
          beads: { program: STAND_IN_BD, pollSeconds: 5 },
          pr: { merge: 'auto' },
        }),
      );
      const test = await BeadsRun.in(run);
      const { user } = test;
      const [epic = '', ...tasks] = await test.epic('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H');
      const [first, second] = [tasks.slice(0, 4), tasks.slice(4)];
      for (const [at, task] of second.entries()) await user.bd(['dep', 'add', task, first[at] ?? '']);
      await user.bd(['sync']);
      await run.repository.git(['push', '--quiet', 'origin', 'main']);
      await run.repository.git(['fetch', '--quiet', 'origin']);
      const { repository } = hub.github;
      const before = await test.users();
      const git = async (...args: string[]) => run.repository.git(args);
      /** What git has staged and checked out, but for what bd itself writes. */
      const checkout = async () => [
        await git('symbolic-ref', 'HEAD'),
        await git('ls-files', '--stage', '-v', '--', ':!.beads'),
        await git('stash', 'list'),
      ];
      const [start, checkedOut] = [await git('rev-parse', 'main'), await checkout()];

      await test.spawn(epic); // four agents at a time is the default of epics
      const checked = new Set<string>();
      const passChecks = (): void => {
        for (const { head } of repository.list()) {
          if (checked.has(head)) continue;
          checked.add(head);
          repository.setChecks(head, [{ name: 'ci', outcome: 'passed' }]);
        }
      };
      const status = async (id: string): Promise<string> => (await user.issue(id)).status;
      const passedFour = (): boolean => {
        passChecks();
        return checked.size >= 4;
      };
      const isClosed = async (): Promise<boolean> => {
        passChecks();
        return (await status(epic)) === 'closed';
      };
      await waitFor(passedFour, { timeoutMs: 90_000, what: 'the first pull requests' });
      await user.bd(['update', epic, '--add-label', 'seen']);
      await user.bd(['sync']); // a commit on main that the remote does not have
      const synced = await run.repository.git(['rev-parse', 'main']);
      await waitFor(isClosed, {
        timeoutMs: 200_000,
        everyMs: 500,
        what: 'the epic to be closed',
      });
      const over = await run.waitForRun('completed', 60_000);
      expect(over.counts).toEqual({ complete: 8 });

      const calls = (await user.calls()).map(({ argv }) => argv);
      for (const task of tasks) {
        expect(await user.issue(task)).toMatchObject({ status: 'closed' });
        const told = calls.filter((argv) => argv.includes(task) && argv.includes('--add-label'));
        const phases = told.flatMap((argv) =>
          argv.filter((word, at) => argv[at - 1] === '--add-label' && PHASES.includes(word)),
        );
        expect(phases).toEqual(PHASES);
      }
      expect(repository.list()).toHaveLength(8);
      expect(hub.github.count(/^PUT .*merge$/)).toBe(8);
      expect(hub.github.faults).toEqual([]);
      const work = await run.repository.git([
        'ls-tree',
        '--name-only',
        'origin/main',
        '--',
        ...tasks.map((id) => `${id}.txt`),
      ]);
      expect(work.split('\n')).toEqual(tasks.map((id) => `${id}.txt`));
      expect(await run.repository.git(['for-each-ref', '--format=%(refname)', 'refs/heads'])).toBe('refs/heads/main');
      const remote = await run.repository.git(['ls-remote', '--heads', 'origin']);
      expect(remote.split('\n').map((line) => line.split('\t')[1])).toEqual(['refs/heads/main']);
      expect((await run.repository.git(['worktree', 'list', '--porcelain'])).match(/^worktree /gm)).toHaveLength(1);
      expect(await run.repository.git(['rev-parse', 'main'])).toBe(synced);
      expect(await checkout()).toEqual(checkedOut);
      // All that moved the base here is the commit of the user's own `bd sync`.
      expect(await git('rev-list', '--count', `${start}..main`)).toBe('1');
      expect(await git('diff', '--name-only', start, 'main')).toBe('.beads/issues.jsonl');
      const { files, config, hooks, settings } = await test.users();
      expect({ files, config, hooks, settings }).toEqual({
        files: before['files'],
        config: before['config'],
        hooks: before['hooks'],
        settings: before['settings'],
      });
      expect(await run.repository.git(['status', '--porcelain', '--', ':!.beads'])).toBe('');
    },
  );
});
