import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFixture } from '../../support/runs/run-fixture.js';

const ONE = [{ id: 'task-001', wave: 1 }];

describe('an agent that reaches beyond its worktree', () => {
  it('is named with what changed: shared config, hooks, stash, branches, pushes, worktrees, the main checkout', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const origin = join(run.home, 'origin.git');
    await run.repository.git(['init', '--quiet', '--bare', origin]);
    await run.repository.git(['remote', 'add', 'origin', origin]);
    await run.repository.git(['push', '--quiet', 'origin', 'main']);
    const base = await run.commitOf('main');
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.git('config', 'core.pager', 'less');
    await writeFile(join(run.root, '.git', 'hooks', 'pre-push'), '#!/bin/sh\n');
    await writeFile(join(run.root, '.git', 'info', 'attributes'), '* -text\n');
    await agent.git('branch', 'elsewhere');
    await agent.git('worktree', 'add', '--quiet', '--detach', join(run.home, 'beside'));
    await agent.writeFile('left.txt', 'left\n');
    await agent.git('add', 'left.txt');
    await agent.git('stash');
    await writeFile(join(run.root, 'stray.txt'), 'stray\n');
    await agent.writeFile('pushed.txt', 'pushed\n');
    const pushed = await agent.commit('Pushed');
    await writeFile(join(run.root, '.git', 'hooks', 'pre-push'), '');
    await agent.git('push', '--quiet', 'origin', 'HEAD:main');
    await agent.succeed('task-001.txt', 'done\n');

    const { notes } = await run.waitForTask('task-001', 'complete');
    const said = (notes ?? []).join('\n');
    const config = join(run.root, '.git/config');
    expect(said).toContain(
      `while it ran, git config core.pager was set to "less", it was not set before (by it, or by somebody else); to put it back: git config --file ${config} --unset-all core.pager`,
    );
    expect(said).toContain("the repository's git hooks changed: pre-push was added");
    expect(said).toContain('info/attributes in the git folder was added');
    expect(said).toContain('git stash was used: ');
    expect(said).toContain('refs changed: refs/heads/elsewhere was created at ');
    expect(said).toContain(`a worktree was added: ${join(run.home, 'beside')}`);
    expect(said).toContain('files in the main checkout changed: stray.txt');
    expect(said).toContain(
      `the remote branch origin/main moved from ${base.slice(0, 12)} to ${pushed.slice(0, 12)} by a push (by it, or by somebody else); to put it back: git -C ${run.root} push --force-with-lease=main:${pushed} origin ${base}:refs/heads/main`,
    );
  });

  it('is not named for what o8 itself changes meanwhile', async () => {
    const run = await RunFixture.open({ tasks: [...ONE, { id: 'task-002', wave: 1 }] });
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    await run.succeed('task-002');
    await run.waitForTask('task-002', 'complete');
    await run.call('merge', {});
    const [agent] = run.agents.all.filter(({ started }) => started.task === 'task-001');
    await agent?.succeed('task-001.txt', 'done\n');
    expect((await run.waitForTask('task-001', 'complete')).notes ?? []).toEqual([]);
  });
});
