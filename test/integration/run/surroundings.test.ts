import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

const ONE = [{ id: 'task-001', wave: 1 }];

describe('an agent that reaches beyond its worktree', () => {
  it('is reported with what changed: shared config, hooks, stash, branches, pushes, worktrees, the main checkout', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const origin = join(run.home, 'origin.git');
    await run.repository.git(['init', '--quiet', '--bare', origin]);
    await run.repository.git(['remote', 'add', 'origin', origin]);
    await run.repository.git(['push', '--quiet', 'origin', 'main']);
    const base = await run.commitOf('main');
    await writeFile(join(run.root, '.git/hooks/pre-commit'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.git('config', 'core.pager', 'less');
    await writeFile(join(run.root, '.git/hooks/pre-commit'), '#!/bin/sh\ntrue # the agent\n');
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
      `while it ran, git config core.pager was set to "less" (not set before) (by this task, or by somebody else); to restore it: git config --file ${config} --unset-all core.pager`,
    );
    expect(said).toContain("the repository's git hooks changed: pre-push was added (sha256 ");
    // A hook of the user's: what it was, and a copy that puts it back, now and before the next run.
    const commit = join(run.root, '.git/hooks/pre-commit');
    expect(said).toMatch(/git hooks changed: pre-commit changed from sha256 [0-9a-f]{12} to sha256 [0-9a-f]{12}/);
    await run.waitForRun('completed');
    await run.call('merge', {});
    const warned = await run.o8('preflight', PLAN_DIR);
    expect(warned.stdout).toContain('git config core.pager was set to "less"');
    expect(warned.stdout).toContain('git hooks changed: pre-commit changed');
    const putBack = new RegExp(`rm -r ${commit} && install -m 755 \\S+ ${commit}`).exec(warned.stdout)?.[0] ?? '';
    execFileSync('sh', ['-c', putBack]);
    expect(await readFile(commit, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
    expect((await run.o8('doctor')).stdout).not.toContain('pre-commit');
    expect(said).toContain('info/attributes in the git folder was added');
    expect(said).toContain('git stash was used: ');
    expect(said).toContain('refs changed: refs/heads/elsewhere was created at ');
    expect(said).toContain(`a worktree was added: ${join(run.home, 'beside')}`);
    expect(said).toContain('files in the main checkout changed: stray.txt');
    expect(said).toContain(
      `the remote branch origin/main moved from ${base.slice(0, 12)} to ${pushed.slice(0, 12)} by a push (by this task, or by somebody else); to restore it: git -C ${run.root} push --force-with-lease=main:${pushed} origin ${base}:refs/heads/main`,
    );
  });

  it('is not named for what the user commits on the base branch, nor for a worktree inside of another one', async () => {
    const run = await RunFixture.open({ tasks: [...ONE, { id: 'task-002', wave: 1 }] });
    await run.spawn();
    const first = await run.agents.waitForAgent('task-001');
    const second = await run.agents.waitForAgent('task-002');
    await run.repository.commit('a commit of the user', { 'user.txt': 'user\n' });
    await first.git('worktree', 'add', '--quiet', '--detach', join(run.worktree('task-001'), 'inside'));
    await second.succeed('task-002.txt', 'done\n');
    const notes = async (task: string, state: 'complete' | 'merge_pending' = 'complete') =>
      ((await run.waitForTask(task, state)).notes ?? []).join('\n');
    expect(await notes('task-002')).toBe('');
    await first.git('push', '--quiet', '.', 'HEAD:refs/heads/aside');
    await first.succeed('task-001.txt', 'done\n');
    const said = await notes('task-001', 'merge_pending'); // its commit has the worktree as a submodule: held
    expect(said).toContain(
      `a worktree was added: ${run.worktree('task-001')}/inside (by this task, or by somebody else)`,
    );
    expect(said).toContain('refs/heads/aside was created');
    expect(said).not.toContain('refs/heads/main');
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
