import { createHash } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compared } from '../../support/git/compared.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { branchOf, PLAN_DIR, RunFixture, type RunOptions } from '../../support/runs/run-fixture.js';
import type { StubAgent } from '../../support/agents/stub-agent.js';

const THREE = ['task-001', 'task-002', 'task-003'];
const TASKS = THREE.map((id) => ({ id, wave: 1 }));
const FILES = { 'shared.txt': 'start\n', 'other.txt': 'other\n' };

/** A run in which all agents have started. */
async function threeAgents(options: Partial<RunOptions> = {}): Promise<[RunFixture, ...StubAgent[]]> {
  const run = await RunFixture.open({ tasks: TASKS, files: FILES, ...options });
  await run.spawn();
  const agents = await Promise.all(THREE.map(async (id) => run.agents.waitForAgent(id)));
  return [run, ...agents];
}

/** Everything a prediction must leave alone: checkout, worktrees with times and indexes, every ref, who has what out. */
async function photograph(run: RunFixture, worktrees: readonly string[] = THREE): Promise<unknown> {
  const git = async (...args: string[]) => run.repository.git(['--no-optional-locks', ...args]);
  const indexes = worktrees.map(async (task) => hashFolder(join(run.root, '.git/worktrees', task)));
  return {
    checkout: await run.checkout(),
    worktrees: await Promise.all(worktrees.map(async (task) => hashFolder(run.worktree(task)))),
    indexes: await Promise.all(indexes),
    refs: await git('for-each-ref', '--format=%(refname) %(objectname)'),
    logs: createHash('sha256')
      .update(await hashFolder(join(run.root, '.git/logs')))
      .digest('hex'),
    list: await git('worktree', 'list', '--porcelain'),
  };
}

describe('three agents at work', () => {
  it('are predicted to conflict by merge with dryRun and by status, with uncommitted even before they commit', async () => {
    const [run, one, two, three] = await threeAgents();
    await one?.writeFile('shared.txt', 'one\n');
    await one?.commit('One');
    await two?.writeFile('shared.txt', 'two\n');
    await two?.commit('Two');
    await three?.writeFile('shared.txt', 'three\n');
    await three?.writeFile('new folder/ü.txt', 'new\n');
    const before = await photograph(run);
    const between = { tasks: ['task-001', 'task-002'], files: ['shared.txt'] };

    const committed = await run.call('merge', { dryRun: true });
    expect(committed).toMatchObject({
      tasks: [
        { id: 'task-001', state: 'running', message: 'would merge' },
        { id: 'task-002', state: 'running', message: 'would merge' },
        { id: 'task-003', state: 'running', message: expect.stringContaining('already contained in o8/') as unknown },
      ],
    });
    expect(committed['conflicts']).toEqual([between]);
    expect(committed).not.toHaveProperty('order');

    const all = await run.call('merge', { dryRun: true, uncommitted: true });
    expect(all['conflicts']).toEqual([
      between,
      { tasks: ['task-001', 'task-003'], files: ['shared.txt'] },
      { tasks: ['task-002', 'task-003'], files: ['shared.txt'] },
    ]);
    expect(await run.o8Json('merge', '--dry-run', '--uncommitted')).toEqual(all);
    const ofOne = await run.call('merge', { dryRun: true, uncommitted: true, task: 'task-003' });
    expect(ofOne['conflicts']).toEqual([
      { tasks: ['task-001', 'task-003'], files: ['shared.txt'] },
      { tasks: ['task-002', 'task-003'], files: ['shared.txt'] },
    ]);

    expect(await compared(async () => run.call('status'))).toMatchObject({ conflicts: [between] });
    expect((await compared(async () => run.o8('status'))).stdout).toContain(
      'Expected conflicts:\n  task-001 and task-002: shared.txt\n',
    );
    expect((await run.o8('merge', '--dry-run')).stdout).toContain(
      'Expected conflicts:\n  task-001 and task-002: shared.txt\n',
    );
    for (const input of [{ since: 0 }, { waitSeconds: 0.01 }, { task: 'task-001' }]) {
      expect(await run.call('status', input)).not.toHaveProperty('conflicts');
    }
    expect(await photograph(run)).toEqual(before);
    expect(await three?.git('status', '--porcelain')).toContain('shared.txt');
  });

  it('get a suggested order with the fewest conflicts', async () => {
    const [run, one, two, three] = await threeAgents();
    await one?.writeFile('shared.txt', 'one\n');
    await one?.writeFile('other.txt', 'one\n');
    await one?.commit('One');
    await two?.writeFile('shared.txt', 'two\n');
    await two?.commit('Two');
    await three?.writeFile('other.txt', 'three\n');
    await three?.commit('Three');
    const answer = await run.call('merge', { dryRun: true });
    expect(answer['conflicts']).toEqual([
      { tasks: ['task-001', 'task-002'], files: ['shared.txt'] },
      { tasks: ['task-001', 'task-003'], files: ['other.txt'] },
    ]);
    expect(answer['order']).toEqual(['task-002', 'task-003', 'task-001']);
    const { stdout } = await run.o8('merge', '--dry-run');
    expect(stdout).toContain('Fewest conflicts in this order: task-002, task-003, task-001\n');
  });

  it('that conflict with what has landed meanwhile are named with the target', async () => {
    const [run, one, two, three] = await threeAgents();
    await one?.succeed('shared.txt', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await two?.writeFile('shared.txt', 'two\n');
    await two?.commit('Two');
    await three?.writeFile('odd "name"\n.txt', 'three\n');
    await three?.commit('Three');
    const predicted = await run.call('merge', { dryRun: true });
    expect(predicted).toMatchObject({
      tasks: [
        { id: 'task-001', message: expect.stringContaining('already in o8/') as unknown },
        { id: 'task-002', message: 'would conflict', files: ['shared.txt'] },
        { id: 'task-003', message: 'would merge' },
      ],
      conflicts: [{ tasks: ['task-002'], files: ['shared.txt'] }],
    });
    const { target = '' } = await run.status();
    const { stdout } = await compared(async () => run.o8('status'));
    expect(stdout).toContain(`Expected conflicts:\n  task-002 and ${target}: shared.txt\n`);
  });

  it('are distinguished from one in the middle of a merge, whose conflict markers are not work', async () => {
    const [run, one] = await threeAgents();
    await one?.writeFile('shared.txt', 'one\n');
    await one?.commit('One');
    await run.repository.commit('Meanwhile', { 'shared.txt': 'meanwhile\n' });
    await expect(one?.git('merge', 'main')).rejects.toThrow();
    const before = await photograph(run);
    const { tasks } = await run.call('merge', { dryRun: true, uncommitted: true, task: 'task-001' });
    const message = 'would merge, without uncommitted changes: a merge is in progress';
    expect(tasks).toEqual([{ id: 'task-001', state: 'running', message }]);
    expect(await photograph(run)).toEqual(before);
  });
});

describe('a status that cannot compare', () => {
  it('says why, and answers the rest', async () => {
    const [run, one, two] = await threeAgents();
    for (const agent of [one, two]) {
      await agent?.writeFile('shared.txt', `${agent.task}\n`);
      await agent?.commit('Work');
    }
    const tree = await run.repository.git(['rev-parse', `${branchOf('task-001')}^{tree}`]);
    const object = join(run.root, '.git/objects', tree.slice(0, 2), tree.slice(2));
    await chmod(object, 0o644);
    await writeFile(object, 'damaged');
    const answer = await compared(async () => run.call('status'));
    expect(answer['conflictsUnknown']).toEqual(expect.stringContaining('git diff-tree failed'));
    expect(answer['tasks']).toHaveLength(3);
    const { stdout } = await compared(async () => run.o8('status'));
    expect(stdout).toContain('Expected conflicts are not known: git diff-tree failed');
  });
});

describe('plan', () => {
  it('names overlapping scopes, and branches that are there already and conflict with the base', async () => {
    const scope = 'MODIFY: src/app.ts';
    const tasks = [{ id: 'task-001', wave: 1, scope }, { id: 'task-002', wave: 1, scope }, ...TASKS.slice(2)];
    const run = await RunFixture.open({ tasks, files: FILES });
    await run.repository.git(['checkout', '--quiet', '-b', branchOf('task-003')]);
    await run.repository.commit('Earlier', { 'shared.txt': 'three\n' });
    await run.repository.git(['checkout', '--quiet', 'main']);
    await run.repository.commit('Later', { 'shared.txt': 'main\n' });
    const before = await photograph(run, []);
    const plan = await compared(async () => run.call('plan', { dir: PLAN_DIR }));
    expect(plan['overlaps']).toEqual([{ path: 'src/app.ts', tasks: ['task-001', 'task-002'], level: 'warn' }]);
    expect(plan['conflicts']).toEqual([{ tasks: ['task-003'], files: ['shared.txt'] }]);
    const { stdout } = await compared(async () => run.o8('plan', PLAN_DIR));
    expect(stdout).toContain('\nOverlapping scopes:\n  task-001 and task-002: src/app.ts\n');
    expect(stdout).toContain('\nExpected conflicts:\n  task-003 and main: shared.txt\n');
    expect(plan['text']).not.toContain('Overlapping');
    expect(await photograph(run, [])).toEqual(before);
  });

  it('omits them if there are none', async () => {
    const run = await RunFixture.open({ tasks: TASKS, files: FILES });
    const plan = await run.call('plan', { dir: PLAN_DIR });
    for (const field of ['overlaps', 'conflicts', 'moreConflicts', 'conflictsUnknown']) {
      expect(plan).not.toHaveProperty(field);
    }
  });
});
