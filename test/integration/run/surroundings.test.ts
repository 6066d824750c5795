import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFixture } from '../../support/run-fixture.js';

const ONE = [{ id: 'task-001', wave: 1 }];

describe('an agent that reaches beyond its worktree', () => {
  it('is named with what changed: shared config, hooks, stash, other branches, the main checkout', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    await agent.git('config', 'core.pager', 'less');
    await writeFile(join(run.root, '.git', 'hooks', 'pre-push'), '#!/bin/sh\n');
    await agent.git('branch', 'elsewhere');
    await agent.writeFile('left.txt', 'left\n');
    await agent.git('add', 'left.txt');
    await agent.git('stash');
    await writeFile(join(run.root, 'stray.txt'), 'stray\n');
    await agent.succeed('task-001.txt', 'done\n');

    const { notes } = await run.waitForTask('task-001', 'complete');
    const said = (notes ?? []).join('\n');
    expect(said).toContain("the repository's git config changed");
    expect(said).toContain("the repository's git hooks changed");
    expect(said).toContain('git stash was used');
    expect(said).toContain('refs changed: refs/heads/elsewhere');
    expect(said).toContain('files in the main checkout changed: stray.txt');
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
