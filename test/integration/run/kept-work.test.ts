import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFixture } from '../../support/runs/run-fixture.js';

describe('work of an agent that is not in a commit', () => {
  it('is kept, named, and stays kept through cleanup and a retry', async () => {
    const run = await RunFixture.open({
      tasks: ['task-001', 'task-002', 'task-003'].map((id) => ({
        id,
        wave: 1,
        more: { setup: 'echo s > setup.local' },
      })),
      files: { '.gitignore': 'vendor/\n*.local\nnode_modules/\n' },
      settings: { maxConcurrency: 3 },
    });
    await run.spawn();
    const [one, two, three] = await Promise.all(
      ['task-001', 'task-002', 'task-003'].map(async (id) => run.agents.waitForAgent(id)),
    );
    await one?.writeFile('own.local', 'by the agent\n');
    await one?.writeFile('node_modules/x.js', 'x\n');
    await one?.succeed('task-001.txt', 'done\n');
    await two?.git('worktree', 'add', '--quiet', 'vendor/sub', '-b', 'sub');
    await two?.writeFile('vendor/sub/precious.txt', 'p\n');
    await two?.succeed('task-002.txt', 'done\n');
    await three?.git('init', '--quiet', 'vendor/lib');
    await three?.writeFile('vendor/lib/precious.txt', 'p\n');
    await three?.exit(1);
    const { runId = '', tasks } = await run.waitForRun('failed');
    const [first, second, third] = tasks;

    const ref = `refs/o8/rescue/${runId}/task-001/1`;
    expect(first?.notes).toContain(`an ignored file is kept as ${ref}: own.local (git show ${ref}:own.local)`);
    expect(await run.repository.git(['show', `${ref}:own.local`])).toBe('by the agent');
    expect(existsSync(run.worktree('task-001'))).toBe(false);

    const precious = join(run.worktree('task-002'), 'vendor/sub/precious.txt');
    expect(second?.notes?.at(-1)).toBe(
      `its worktree was kept: vendor/sub is a worktree of this repository with uncommitted work in 1 file; move files you want to keep out of ${run.worktree('task-002')}, delete the rest there, then run: /parallel-cleanup ${runId} --task task-002`,
    );
    const cleaned = await run.call('cleanup', { force: true });
    const why = (name: string): unknown => expect.stringContaining(`vendor/${name} is a`);
    expect(cleaned).toMatchObject({
      worktrees: [],
      kept: [
        {
          what: second?.worktree,
          why: why('sub'),
          hint: expect.stringMatching(/cleanup .*--task task-002$/) as unknown,
        },
        { what: third?.worktree, why: why('lib') },
        { what: `o8/${runId}` },
      ],
    });
    expect(existsSync(precious)).toBe(true);

    await run.call('spawn', { dir: 'parallel/TS-0042-inventory', retryFailed: true, skipPreflight: true });
    const again = await run.waitForRun('failed');
    expect(again.tasks[2]?.notes?.at(-1)).toMatch(/^not started again: .*vendor\/lib is a nested repository/);
    expect(existsSync(join(run.worktree('task-003'), 'vendor/lib/precious.txt'))).toBe(true);
  });

  it('is not lost when the agent deletes .git: its work lands', async () => {
    const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.writeFile('task-001.txt', 'done\n');
    await agent.tell({ do: 'remove', path: '.git' });
    await agent.markComplete();
    await agent.exit(0);
    const { target = '' } = await run.waitForRun('completed');
    expect(await run.workOn(target)).toEqual(['task-001']);
  });
});
