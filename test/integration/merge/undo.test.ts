import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { undoneAnswerSchema, type UndoneAnswer } from '../../../src/core/run/request-results.js';
import { RunFixture, type RunOptions } from '../../support/runs/run-fixture.js';
import { usersRepository } from '../../support/git/users-repository.js';

const TWO = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 2, deps: ['task-001'] },
];

/** A run of which all is complete; with `into` base it has landed then. */
async function complete(options: Partial<RunOptions> = {}): Promise<RunFixture> {
  const run = await RunFixture.open({ tasks: TWO, ...options });
  await run.spawn();
  for (const { id } of TWO) await run.succeed(id);
  await run.waitForRun('completed');
  return run;
}

async function undo(run: RunFixture, input: Readonly<Record<string, unknown>> = {}): Promise<UndoneAnswer[]> {
  return z.array(undoneAnswerSchema).parse((await run.call('merge', { ...input, undo: true }))['undone']);
}

/** The only one, which is of this kind. */
function only<K extends UndoneAnswer['kind']>(
  undone: readonly UndoneAnswer[],
  kind: K,
): Extract<UndoneAnswer, { kind: K }> {
  const [first] = undone;
  expect(undone).toEqual([expect.objectContaining({ kind })]);
  return first as Extract<UndoneAnswer, { kind: K }>;
}

const subjects = async (run: RunFixture, range: string): Promise<string[]> =>
  (await run.repository.git(['log', '--format=%s', '--first-parent', range])).split('\n').filter((line) => line !== '');

describe('merge with undo', () => {
  it('reverts what the run landed with a commit on the checked-out base, and no command reports it as landed', async () => {
    const run = await complete();
    const start = await run.commitOf('main');
    expect(await undo(run)).toEqual([{ kind: 'nothing', reason: 'the run has landed nothing on main' }]);
    await run.call('merge', {});
    const landed = await run.commitOf('main');
    await run.repository.write('later.txt', 'later\n');
    await run.repository.git(['add', 'later.txt']);
    await run.repository.git(['commit', '--quiet', '--message', 'Later']);
    await run.repository.write('notes.txt', 'not committed\n');
    await run.repository.write('README.md', '# Being changed\n');

    const { commit, landing, again } = only(await undo(run), 'reverted');
    expect(landing).toBe(landed);
    expect(again).toBe(`git revert ${commit.slice(0, 12)}`);
    expect(await run.commitOf('main')).toBe(commit);
    expect(await run.workOn('main')).toEqual([]);
    expect(await run.repository.git(['diff', '--name-only', start, 'main'])).toBe('later.txt');
    expect(await run.repository.git(['status', '--porcelain', '--', ':!parallel'])).toBe(' M README.md\n?? notes.txt');
    const message = await run.repository.git(['log', '-1', '--format=%B', 'main']);
    const { runId = '' } = await run.status();
    expect(message).toContain(`This reverts commit ${landed} `);
    expect(message).toMatch(new RegExp(`^Revert run ${runId}: `));
    expect(message.trimEnd()).toMatch(new RegExp(`\\nO8-Run: ${runId}\\nO8-Reverts: ${landed}$`));
    expect(await run.repository.git(['for-each-ref', 'refs/o8/undo/'])).toBe('');

    // It is not undone twice, and the run's work is not landed again.
    expect(await undo(run)).toEqual([{ kind: 'nothing', reason: 'it was reverted on main earlier' }]);
    const merged = await run.call('merge', {});
    expect(merged['landing']).toEqual({
      kind: 'nothing',
      reason: `main is up to date except for reverted work (${again} restores it)`,
    });
    expect(await run.commitOf('main')).toBe(commit);
    const status = await run.status();
    expect(status).toMatchObject({
      state: 'completed',
      counts: { complete: 2 },
      takenBack: TWO.map(({ id }) => ({ task: id, commit })),
    });
    expect(status['landed']).toBeUndefined();
    expect(status['text']).toContain(`Reverted on main:\n  - task-001 (${again} restores it)`);
    expect(status['text']).toContain('Next step: all work of the run has been reverted on main;');
    // Every command reports it, also later.
    const doors = ['status', 'merge --dry-run', 'merge', 'doctor', 'history', 'integrate', 'cleanup --dry-run'];
    for (const door of doors) {
      const { stdout } = await run.o8(...door.split(' '));
      expect(stdout, door).toContain('reverted');
      if (door !== 'history') expect(stdout, door).toContain(again);
    }
    const printed = await run.o8('status');
    expect(printed.stdout).toContain(`task-001: reverted on main; ${again} restores it`);
    expect(printed.stdout).not.toContain('o8 merge');

    await run.repository.git(['stash', 'push', '--quiet']); // git reverts nothing over a change
    await run.repository.git(['revert', '--no-edit', commit]);
    expect(await run.workOn('main')).toEqual(['task-001', 'task-002']);
    for (const door of doors) expect((await run.o8(...door.split(' '))).stdout, door).not.toContain('reverted');
  });

  it('moves a base back that is checked out nowhere and on no remote; merge lands the same again', async () => {
    const run = await complete();
    const start = await run.commitOf('main');
    await run.repository.git(['checkout', '--quiet', '-b', 'elsewhere']);
    await run.call('merge', {});
    const landed = await run.commitOf('main');
    const before = await usersRepository(run);
    expect(only(await undo(run), 'moved_back')).toMatchObject({ landing: landed, to: start });
    expect(await run.commitOf('main')).toBe(start);
    expect((await run.status())['takenBack']).toBeUndefined();
    expect(await run.call('merge', {})).toMatchObject({ landing: { kind: 'landed', from: start, to: landed } });
    expect(await usersRepository(run)).toEqual(before);

    // Cleanup drops the target that has landed; moved back, the work is still there to be landed.
    await run.call('cleanup', {});
    only(await undo(run), 'moved_back');
    expect(await run.call('merge', {})).toMatchObject({ landing: { kind: 'landed', to: landed } });

    await run.repository.git(['update-ref', 'refs/remotes/origin/main', landed]);
    expect(only(await undo(run), 'reverted').commit).toBe(await run.commitOf('main'));
    expect(await run.isAncestor(landed, 'main')).toBe(true);
    expect(await run.repository.git(['diff', start, 'main'])).toBe('');
  });

  it('reverts one task, and later the rest; refuses a task that is only on the target', async () => {
    const run = await complete({ manifest: { o8: { verify: 'test ! -e broken' } } });
    const { runId = '' } = await run.status();
    const start = await run.commitOf('main');
    expect(await run.refusal('merge', { task: 'task-001', undo: true })).toMatchObject({
      code: 'refused',
      message: `task-001 is not on main, only on o8/${runId}`,
      hint: `/parallel-merge ${runId} --task task-001   (lands it)`,
    });
    await run.call('merge', {});
    const { task, commit } = only(await undo(run, { task: 'task-001' }), 'reverted');
    expect(task).toBe('task-001');
    expect(await run.workOn('main')).toEqual(['task-002']);
    expect(await run.repository.git(['log', '-1', '--format=%(trailers:key=O8-Task,valueonly)', 'main'])).toBe(
      'task-001\n',
    );
    const status = await run.status();
    expect(status).toMatchObject({ landed: expect.any(String) as string, takenBack: [{ task: 'task-001', commit }] });
    expect(status['text']).toContain('Next step: main is up to date except for reverted work;');
    expect(await undo(run, { task: 'task-001' })).toEqual([
      { kind: 'nothing', reason: 'task-001 was reverted on main earlier' },
    ]);
    only(await undo(run), 'reverted');
    expect(await run.repository.git(['diff', start, 'main'])).toBe('');
    expect(await undo(run, { task: 'task-002' })).toEqual([
      { kind: 'nothing', reason: 'task-002 was reverted on main earlier' },
    ]);
  });

  it('leaves nothing that status calls landed when every task was reverted separately', async () => {
    const run = await complete();
    await run.call('merge', {});
    expect((await run.status())['landed']).toEqual(expect.any(String));
    only(await undo(run, { task: 'task-002' }), 'reverted');
    only(await undo(run, { task: 'task-001' }), 'reverted');
    expect((await run.status())['landed']).toBeUndefined();
  });

  it('reverts tasks that landed one by one, newest first', async () => {
    const run = await complete({ settings: { merge: { into: 'base' } } });
    const landed = await run.commitOf('main');
    const printed = await run.o8('merge', '--undo');
    expect(printed.code, printed.stderr).toBe(0);
    expect(printed.stdout).toMatch(
      /^Reverted on main: task-002 at \w{12}, by \w{12}\n {2}git revert \w{12} {3}\(restores it\)\nReverted on main: task-001/,
    );
    const { runId = '' } = await run.status();
    expect(await subjects(run, `${landed}..main`)).toEqual([
      expect.stringContaining(`Revert task-001 of run ${runId}: `) as string,
      expect.stringContaining(`Revert task-002 of run ${runId}: `) as string,
    ]);
    expect(await run.workOn('main')).toEqual([]);
    expect(await run.workOn('main~1')).toEqual(['task-001']);
  });

  it('is held if later commits depend on the work or files are in the way, lists the files, and changes nothing', async () => {
    const run = await complete();
    await run.call('merge', {});
    await run.repository.write('task-001.txt', 'mine\n');
    const dirty = await usersRepository(run);
    const blocked = only(await undo(run), 'held');
    expect(blocked).toMatchObject({ files: ['task-001.txt'], hint: expect.stringContaining('--undo') as string });
    expect(await usersRepository(run)).toEqual(dirty);

    await run.repository.git(['commit', '--quiet', '--message', 'Build on it', '--', 'task-001.txt']);
    const built = await usersRepository(run);
    const held = only(await undo(run), 'held');
    expect(held).toMatchObject({ files: ['task-001.txt'] });
    const { code, stdout } = await run.o8('merge', '--undo');
    expect(code).toBe(1);
    expect(stdout).toContain('later changes on main conflict with reverting what the run landed\n  task-001.txt\n');
    expect(await usersRepository(run)).toEqual(built);

    // After following the hint, o8 recognizes that the work was reverted.
    const ref = /git cherry-pick (\S+)/.exec(held.hint)?.[1] ?? '';
    await expect(run.repository.git(['cherry-pick', ref])).rejects.toThrow();
    await run.repository.git(['rm', '--quiet', '--force', 'task-001.txt']);
    await run.repository.git(['cherry-pick', '--continue']).catch(() => undefined);
    await run.repository.git(['-c', 'core.editor=true', 'commit', '--quiet', '--no-edit']).catch(() => undefined);
    expect(await run.workOn('main')).toEqual([]);
    expect(only(await undo(run), 'reverted').commit).toBe(await run.commitOf('main'));
    expect(await run.status()).toMatchObject({ takenBack: TWO.map(({ id }) => ({ task: id })) });
  });

  it('does not land a revert that fails the check all tasks share, and says how to land it anyway', async () => {
    const run = await complete({ manifest: { o8: { verify: 'test -e task-001.txt' } } });
    await run.call('merge', {});
    const before = await usersRepository(run);
    const held = only(await undo(run), 'held');
    expect(held.reason).toContain('verify failed on main without what the run landed: `test -e task-001.txt`: exit 1');
    expect(await usersRepository(run)).toEqual(before);
    const ref = /git merge --ff-only (\S+)/.exec(held.hint)?.[1] ?? '';
    await run.repository.git(['merge', '--quiet', '--ff-only', ref]);
    expect(await run.workOn('main')).toEqual([]);
    expect(only(await undo(run), 'reverted').commit).toBe(await run.commitOf('main'));
    expect(await run.status()).toMatchObject({ takenBack: TWO.map(({ id }) => ({ task: id })) });
  });

  it('is refused while the run is active', async () => {
    const run = await RunFixture.open({ tasks: TWO });
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    const { message, hint } = await run.refusal('merge', { undo: true });
    expect(message).toContain('is still active');
    expect(hint).toContain('/parallel-abort');
  });
});

describe('merge with strategy', () => {
  it('applies to everything merged afterwards', async () => {
    const run = await complete();
    await run.call('merge', { strategy: 'squash' });
    const { runId = '' } = await run.status();
    const journal = await readFile(join(run.root, '.git/o8/runs', runId, 'journal.jsonl'), 'utf8');
    expect(journal).toContain('"type":"strategy_chosen","strategy":"squash"');
  });
});
