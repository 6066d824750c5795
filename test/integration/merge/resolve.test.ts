import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolutionAnswerSchema, type ResolutionAnswer } from '../../../src/core/run/request-results.js';
import { branchOf, RunFixture, type TestTask } from '../../support/runs/run-fixture.js';
import { usersRepository } from '../../support/git/users-repository.js';

const TASKS: readonly TestTask[] = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1, more: { verify: 'grep -q both shared.txt' } },
];

type Opened = Extract<ResolutionAnswer, { kind: 'opened' }>;

interface Conflict {
  readonly run: RunFixture;
  readonly runId: string;
  readonly worktree: string;
  readonly git: (...args: string[]) => Promise<string>;
}

/** A finished run whose second task conflicts with the first in `shared.txt`; `more` are files both change. */
async function conflicting(
  more: Readonly<Record<string, string>> = {},
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Conflict> {
  const files = { 'shared.txt': 'start\n', ...more };
  const run = await RunFixture.open({ tasks: TASKS, files, settings });
  const runId = await run.spawn();
  const agents = await Promise.all(TASKS.map(({ id }) => run.agents.waitForAgent(id)));
  for (const [index, agent] of agents.entries()) {
    for (const path of Object.keys(more).filter((name) => name !== '.gitattributes')) {
      await agent.writeFile(path, `${agent.task}\n`);
    }
    await agent.succeed('shared.txt', `${agent.task}\n`);
    await run.waitForTask(agent.task, index === 0 ? 'complete' : 'merge_conflict');
  }
  await run.waitForRun('failed');
  const worktree = run.worktree('task-002');
  return { run, runId, worktree, git: async (...args) => run.repository.git(args, worktree) };
}

async function resolve(run: RunFixture): Promise<ResolutionAnswer> {
  return resolutionAnswerSchema.parse((await run.call('merge', { task: 'task-002', resolve: true }))['resolution']);
}

async function open(run: RunFixture): Promise<Opened> {
  const resolution = await resolve(run);
  if (resolution.kind !== 'opened') throw new Error(`not opened: ${JSON.stringify(resolution)}`);
  return resolution;
}

describe('merge with resolve', () => {
  it('checks out the conflict in the task’s worktree, and the commit made there is verified and lands', async () => {
    const { run, runId, worktree, git } = await conflicting();
    const { hint } = await run.task('task-002');
    expect(hint).toBe(`/parallel-merge ${runId} --task task-002 --resolve`);
    const before = await usersRepository(run);
    const target = await run.commitOf(`o8/${runId}`);
    const branch = await run.commitOf(branchOf('task-002'));
    const opened = await open(run);
    expect(opened).toEqual({
      kind: 'opened',
      worktree,
      branch: branchOf('task-002'),
      files: ['shared.txt'],
      silent: [],
      targetCommit: target,
      branchCommit: branch,
      next: [
        `git -C ${worktree} add -- shared.txt`,
        `git -C ${worktree} commit --no-edit`,
        `/parallel-merge ${runId} --task task-002`,
      ],
    });
    const marked = await run.repository.git(['diff'], worktree);
    for (const part of ['<<<<<<< HEAD', '|||||||', 'start', 'task-001', 'task-002']) expect(marked).toContain(part);

    // Not finished: nothing is merged for any kind of request, and repeating the request gives the same answer.
    const refused = await run.refusal('merge', { task: 'task-002' });
    expect(refused.message).toBe(`${worktree} has an unfinished merge (conflicts in shared.txt)`);
    await run.call('merge', { into: 'integration' });
    expect((await run.task('task-002')).state).toBe('merge_conflict');
    expect((await run.call('cleanup', { dryRun: true }))['kept']).toContainEqual({
      what: worktree,
      why: 'task-002 is done, its conflict is not resolved',
      hint: `/parallel-merge ${runId} --task task-002 --resolve, or /parallel-cleanup ${runId} --task task-002 --force`,
    });
    expect(await open(run)).toEqual(opened);
    expect(await usersRepository(run)).toEqual(before);
    await writeFile(join(worktree, 'shared.txt'), 'both, wrong\n');
    await git('add', 'shared.txt');
    expect(await open(run)).toEqual(opened);
    expect((await run.refusal('merge', { task: 'task-002' })).message).toBe(`${worktree} has an unfinished merge`);

    await writeFile(join(worktree, 'shared.txt'), 'both\n');
    await git('add', 'shared.txt');
    await git('commit', '--quiet', '--no-edit');
    expect(await git('log', '-1', '--format=%(trailers:key=O8-Task,valueonly)')).toContain('task-002');
    expect(await resolve(run)).toMatchObject({ kind: 'no_conflict', next: [opened.next[2]] });
    const answer = await run.call('merge', { task: 'task-002' });
    expect(answer).toMatchObject({ tasks: [{ id: 'task-002', state: 'complete' }], landing: { kind: 'landed' } });
    expect((await run.task('task-002')).commits).toBe(2); // its own and the merge, not what the merge brought
    expect(await run.repository.git(['show', 'main:shared.txt'])).toBe('both');
    expect(await run.repository.git(['status', '--porcelain', '--', ':!parallel'])).toBe('');
  });

  it('leaves the user’s checkout as it is, and verify judges what was resolved', async () => {
    const { run, worktree, git } = await conflicting();
    await run.repository.write('notes.txt', 'not committed\n');
    await run.repository.git(['config', 'rerere.enabled', 'true']);
    await run.repository.write('stashed.txt', 'stashed\n');
    await run.repository.git(['stash', 'push', '--quiet', '--include-untracked', '--', 'stashed.txt']);
    const before = await usersRepository(run);
    await open(run);
    await writeFile(join(worktree, 'shared.txt'), 'only mine\n');
    await git('commit', '--quiet', '--all', '--no-edit');
    const answer = await run.call('merge', { task: 'task-002', into: 'integration' });
    expect(answer).toMatchObject({ tasks: [{ id: 'task-002', state: 'failed' }] });
    expect((await run.task('task-002')).reason).toBe('verify_failed');
    expect(await usersRepository(run)).toEqual(before);
  });

  it('restores a deleted worktree, also with merge.into none', async () => {
    const { run, worktree, git } = await conflicting({}, { merge: { into: 'none' } });
    const branch = await run.commitOf(branchOf('task-002'));
    await rm(worktree, { recursive: true });
    await run.repository.git(['update-ref', '-d', `refs/heads/${branchOf('task-002')}`]);
    expect(await open(run)).toMatchObject({ worktree, files: ['shared.txt'], branchCommit: branch });
    expect(await git('status', '--porcelain')).toBe('UU shared.txt');
  });

  it('leaves only the conflicts that git does not merge by its attributes', async () => {
    const { run, git } = await conflicting({ '.gitattributes': '*.md merge=union\n', 'list.md': 'list\n' });
    expect(await open(run)).toMatchObject({ files: ['shared.txt'], silent: [] });
    expect(await git('show', ':list.md')).toBe('task-002\ntask-001');
    const printed = (await run.o8('merge', '--task', 'task-002', '--resolve')).stdout;
    expect(printed).toMatch(/To be resolved:\n {2}shared.txt\n\nNext:/);
  });

  it('refuses uncommitted changes there by name, and changes nothing', async () => {
    const { run, worktree, git } = await conflicting();
    await writeFile(join(worktree, 'shared.txt'), 'begun\n');
    await writeFile(join(worktree, 'new.txt'), 'new\n');
    const { code, message } = await run.refusal('merge', { task: 'task-002', resolve: true });
    expect({ code, message }).toEqual({
      code: 'refused',
      message: `${worktree} has uncommitted changes: shared.txt, new.txt`,
    });
    expect(await git('status', '--porcelain')).toBe(' M shared.txt\n?? new.txt');
    await git('checkout', '--', 'shared.txt');
    await rm(join(worktree, 'new.txt'));
    await run.repository.commit('Meanwhile', { 'meanwhile.txt': 'meanwhile\n' });
    await git('merge', '--quiet', '--no-ff', '--no-commit', 'main');
    expect((await run.refusal('merge', { task: 'task-002', resolve: true })).message).toBe(
      `a merge that o8 did not start is in progress in ${worktree}`,
    );
    await git('merge', '--abort');
    await open(run);
  });

  it('says if there is no conflict, and which inputs cannot be combined', async () => {
    const { run, runId } = await conflicting();
    expect((await run.refusal('merge', { task: 'task-001', resolve: true })).message).toBe(
      'task-001 is complete and has no conflict to resolve',
    );
    // The target moves away from the conflict.
    await run.repository.git(['branch', '--force', `o8/${runId}`, 'main']);
    expect(await resolve(run)).toMatchObject({ kind: 'no_conflict' });

    for (const [input, message] of [
      [{ resolve: true }, 'resolve needs a task'],
      [{ resolve: true, task: 'task-002', undo: true }, 'resolve cannot be combined with undo.'],
      [{ resolve: true, task: 'task-002', into: 'base' }, 'resolve cannot be combined with into.'],
      [{ undo: true, strategy: 'squash', dryRun: true }, 'undo cannot be combined with dryRun and strategy.'],
    ] as const) {
      const refusal = await run.refusal('merge', input);
      expect(refusal).toMatchObject({ code: 'usage', message: expect.stringContaining(message) as string });
    }
    expect((await run.o8('merge', '--resolve')).code).toBe(2);
    expect((await run.o8('merge', '--strategy', 'octopus')).code).toBe(2);
  });
});
