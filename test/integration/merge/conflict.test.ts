import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branchOf, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

const TASKS = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 1 },
  { id: 'task-004', wave: 2, deps: ['task-002'] },
];

/** Resolves as a person does: merges the target in the task's worktree, writes the file, commits. */
function resolve(worktree: string, target: string): void {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: worktree, stdio: 'pipe' });
  expect(() => git('merge', target)).toThrow();
  writeFileSync(join(worktree, 'shared.txt'), 'one and two\n');
  git('add', 'shared.txt');
  git('commit', '--quiet', '--message', 'Resolve');
}

describe('two tasks that change the same lines', () => {
  it('become a merge_conflict without changing anything, and land after a commit on the branch', async () => {
    const run = await RunFixture.open({ tasks: TASKS, files: { 'shared.txt': 'start\n', 'other.txt': 'other\n' } });
    await run.repository.write('notes.txt', 'not committed\n'); // the user continues working
    const before = await run.checkout();
    const runId = await run.spawn({ skipPreflight: true });
    const target = `o8/${runId}`;
    const agents = await Promise.all(['task-001', 'task-002', 'task-003'].map((id) => run.agents.waitForAgent(id)));
    const [one, two, three] = agents;
    await one?.succeed('shared.txt', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await two?.succeed('shared.txt', 'two\n');
    const conflict = await run.waitForTask('task-002', 'merge_conflict');
    expect(conflict.files).toEqual(['shared.txt']);
    expect(conflict.worktree).toBe(run.worktree('task-002'));
    expect(conflict.hint).toContain(`/parallel-merge ${runId} --task task-002`);
    await run.waitForTask('task-004', 'blocked');

    // Others continue.
    await three?.succeed('task-003.txt', 'task-003\n');
    await run.waitForTask('task-003', 'complete');
    const end = await run.waitForRun('failed');
    expect(end.counts).toEqual({ complete: 2, merge_conflict: 1, blocked: 1 });
    expect(await run.checkout()).toEqual(before);
    expect(await run.repository.git(['status', '--porcelain'], run.worktree('task-002'))).toBe('');
    expect((await run.execution()).failed_tasks).toEqual(['task-002']);

    resolve(run.worktree('task-002'), target);
    const merged = await run.call('merge', { task: 'task-002', into: 'integration' });
    expect(merged['tasks']).toEqual([expect.objectContaining({ id: 'task-002', state: 'complete' })]);
    expect(await run.repository.git(['show', `${target}:shared.txt`])).toBe('one and two');
    expect(await run.isAncestor(branchOf('task-002'), target)).toBe(true);

    // What needed it starts now, from a base that contains it.
    const four = await run.agents.waitForAgent('task-004');
    expect(await four.readFile('shared.txt')).toBe('one and two\n');
    await four.succeed('task-004.txt', 'task-004\n');
    await run.waitForRun('completed');
    expect(await run.call('merge', {})).toMatchObject({ landing: { kind: 'landed' } });
    expect(await run.workOn('main')).toEqual(['task-003', 'task-004']);
  });

  it('are predicted by merge with dryRun while both agents still run, and nothing is written', async () => {
    const run = await RunFixture.open({ tasks: TASKS.slice(0, 2), files: { 'shared.txt': 'start\n' } });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    await one.succeed('shared.txt', 'one\n');
    await run.waitForTask('task-001', 'complete');
    await two.writeFile('shared.txt', 'two\n');
    await two.commit('Two');
    expect(await run.call('merge', { dryRun: true, task: 'task-002' })).toMatchObject({
      tasks: [{ id: 'task-002', state: 'running', message: 'would conflict', files: ['shared.txt'] }],
    });
    expect((await run.task('task-002')).state).toBe('running');
  });

  it('a base that has moved is merged before landing; one that conflicts is not changed', async () => {
    const run = await RunFixture.open({ tasks: TASKS.slice(0, 1), files: { 'shared.txt': 'start\n' } });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await one.succeed('shared.txt', 'one\n');
    await run.waitForRun('completed');
    const moved = await run.repository.git(['commit', '--quiet', '--allow-empty', '--message', 'Meanwhile']);
    expect(moved).toBe('');
    const base = await run.commitOf('main');
    expect(await run.call('merge', {})).toMatchObject({ landing: { kind: 'landed', from: base } });
    expect(await run.isAncestor(base, 'main')).toBe(true);
    expect(await run.isAncestor(branchOf('task-001'), 'main')).toBe(true);
    expect(await run.repository.git(['diff', '--stat', 'HEAD', '--', ':!parallel'])).toBe('');
  });

  it('a change in the way in the checkout is kept: merge names the file, and lands after it is gone', async () => {
    const run = await RunFixture.open({ tasks: TASKS.slice(0, 1), files: { 'shared.txt': 'start\n' } });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await one.succeed('shared.txt', 'one\n');
    await run.waitForRun('completed');
    await run.repository.write('shared.txt', 'mine\n');
    const before = await run.checkout();
    expect(await run.call('merge', {})).toMatchObject({ landing: { kind: 'held', files: ['shared.txt'] } });
    expect(await run.checkout()).toEqual(before);
    expect((await run.o8('merge')).code).toBe(1);
    await run.repository.git(['checkout', '--', 'shared.txt']);
    expect(await run.call('merge', {})).toMatchObject({ landing: { kind: 'landed' } });
  });
});

it('the name of a conflicting file never controls the terminal, in any command', async () => {
  const name = 'a\u001b[31m\u001b]0;title\u0007\u009b2J\u202e.txt';
  const tasks = TASKS.slice(0, 2);
  const run = await RunFixture.open({ tasks, files: { [name]: 'start\n' } });
  const o8 = run.start('run', PLAN_DIR, '--yes', '--verbose');
  const [one, two] = await Promise.all(tasks.map(({ id }) => run.agents.waitForAgent(id)));
  await one?.succeed(name, 'one\n');
  await run.waitForTask('task-001', 'complete');
  await two?.print(`${name}\r\u001b[2J\n`);
  await two?.succeed(name, 'two\n');
  const printed = [await o8.ended];
  const commands = [
    'status',
    'status --task task-002 --tail 5',
    'merge --dry-run',
    'merge',
    'logs task-002',
    'integrate',
  ];
  for (const command of [...commands, 'status --json', 'merge --task task-002 --resolve', 'cleanup --force'])
    printed.push(await run.o8(...command.split(' ')));
  const driving = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;
  for (const { stdout, stderr } of printed) expect(stdout + stderr).not.toMatch(driving);
  expect(printed[1]?.stdout).toContain('a\\u');
  expect((await run.o8Json('status'))['tasks']).toMatchObject([{}, { id: 'task-002' }]);
}, 120_000);
