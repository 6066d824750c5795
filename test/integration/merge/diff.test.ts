import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shellQuote } from '../../../src/core/base/shell-quote.js';
import { O8_PROGRAM } from '../../support/programs/mcp-client.js';
import { branchOf, RunFixture } from '../../support/runs/run-fixture.js';
import { usersRepository } from '../../support/git/users-repository.js';

const TASKS = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 2, deps: ['task-002'] },
];

const pictures = { 'old name.txt': 'line\n'.repeat(10), 'gone.txt': 'gone\n', 'start.txt': 'start\n' };

describe('o8 diff', () => {
  it('shows a task’s work against the target before it lands, and what it brought afterwards', async () => {
    const run = await RunFixture.open({ tasks: TASKS, files: pictures });
    const runId = await run.spawn();
    const start = await run.commitOf('main');
    const [one, two] = await Promise.all(['task-001', 'task-002'].map((id) => run.agents.waitForAgent(id)));
    await one?.succeed('task-001.txt', 'task-001\n');
    await run.waitForTask('task-001', 'complete');

    await two?.git('mv', 'old name.txt', 'ünew name.txt');
    await two?.git('rm', '--quiet', 'gone.txt');
    await two?.writeFile('start.txt', 'changed\nand more\n');
    await writeFile(join(run.worktree('task-002'), 'picture.bin'), Buffer.from([0, 1, 2, 255]));
    const tip = await two?.commit('Change');
    await two?.writeFile('wip.txt', 'not committed\n');
    const before = await usersRepository(run);

    const files = [
      { path: 'gone.txt', status: 'deleted', added: 0, deleted: 1 },
      { path: 'picture.bin', status: 'added', added: null, deleted: null },
      { path: 'start.txt', status: 'modified', added: 2, deleted: 1 },
      { path: 'ünew name.txt', oldPath: 'old name.txt', status: 'renamed', added: 0, deleted: 0 },
    ];
    expect(await run.o8Json('diff', 'task-002')).toEqual({ runId, task: 'task-002', from: start, to: tip, files });
    const uncommitted = await run.o8Json('diff', 'task-002-work', '--uncommitted', '--run', runId);
    expect(uncommitted['files']).toEqual([
      ...files.slice(0, 3),
      { path: 'wip.txt', status: 'added', added: 1, deleted: 0 },
      ...files.slice(3),
    ]);
    const plain = await run.o8('diff', 'task-002');
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout.trimEnd()).toBe(
      await run.repository.git(['-c', 'core.quotePath=false', 'diff', '-M', start, branchOf('task-002')]),
    );
    expect((await run.o8('diff', 'task-002', '--stat')).stdout).toContain(
      '4 files changed, 2 insertions(+), 2 deletions(-)',
    );
    expect(await run.repository.git(['for-each-ref', '--contains', String(uncommitted['to'])])).toBe('');
    expect(await run.repository.git(['status', '--porcelain'], run.worktree('task-002'))).toBe('?? wip.txt');
    expect(await usersRepository(run)).toEqual(before);

    const landed = await run.o8Json('diff', 'task-001');
    expect(landed).toMatchObject({
      from: start,
      to: await run.commitOf(`o8/${runId}`),
      files: [{ path: 'task-001.txt', status: 'added', added: 1, deleted: 0 }],
    });
    const refused = await run.o8('diff', 'task-001', '--uncommitted');
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('task-001 is merged') as string });

    // Its own work only, also when the target has moved on.
    await two?.exit(1);
    await run.waitForRun('failed');
    expect((await run.o8Json('diff', 'task-002'))['files']).toEqual(files);

    const unknown = await run.o8('diff', 'task-009');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("no task 'task-009'") as string });
    const early = await run.o8('diff', 'task-003');
    expect(early.stderr).toContain('task-003 has no branch feature/task-003-work: it is blocked');
    expect(early.code).toBe(4);
  });

  it('on a terminal is shown by git with its colours and the user’s pager', async () => {
    const run = await RunFixture.open({ tasks: TASKS.slice(0, 1) });
    await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
    const command = [process.execPath, O8_PROGRAM, 'diff', 'task-001'];
    const linux = ['--quiet', '--return', '--command', command.map(shellQuote).join(' '), '/dev/null'];
    const terminal = process.platform === 'darwin' ? ['-q', '/dev/null', ...command] : linux;
    const show = (more: Readonly<Record<string, string>>): string =>
      execFileSync('script', terminal, {
        cwd: run.root,
        env: { ...run.environment, TERM: 'xterm', PAGER: 'sed s/^/paged:/', ...more },
        encoding: 'utf8',
      });
    expect(show({})).toContain('paged:\u001b[1mdiff --git a/task-001.txt b/task-001.txt');
    expect(show({ NO_COLOR: '1' })).toContain('paged:diff --git a/task-001.txt b/task-001.txt');
  });
});
