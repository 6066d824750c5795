import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { workInProgress } from '../../../src/git/worktrees/work-in-progress.js';
import { addWorktree } from '../../../src/git/worktrees/worktrees.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { inTurn } from '../../support/waiting/in-turn.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const MARKER = '.claude-task-complete';
const OF_TASK = { branch: 'feature/task', exclude: [MARKER] };

let test: TestRepository;
let repo: Repository;
let worktree: string;
beforeEach(async () => {
  test = await createRepository({ files: { 'a.txt': 'a\n', 'b.txt': 'b\n' } });
  repo = await openRepository(test.root);
  worktree = join(test.root, '../workspaces/task');
  const start = await test.git(['rev-parse', 'HEAD']);
  await addWorktree(repo, inTurn(), { path: worktree, branch: 'feature/task', start, reason: 'o8 test' });
});
afterEach(async () => test.remove());

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(worktree, path)), { recursive: true });
  await writeFile(join(worktree, path), content);
}

async function untouched(): Promise<unknown> {
  return {
    worktree: await hashFolder(worktree),
    administration: await hashFolder(join(test.root, '.git/worktrees')),
    refs: await test.git(['for-each-ref']),
    checkout: await test.git(['--no-optional-locks', 'status', '--porcelain']),
  };
}

describe('workInProgress', () => {
  it('gives a commit of everything that is not committed, on top of the branch, and touches nothing', async () => {
    await write('a.txt', 'changed\n');
    await write('deep/ü\n.txt', 'new\n');
    await write('staged.txt', 'staged\n');
    await test.git(['add', 'staged.txt'], worktree);
    await rm(join(worktree, 'b.txt'));
    await write(MARKER, '');
    const before = await untouched();
    const work = await workInProgress(repo, worktree, OF_TASK);
    expect(await untouched()).toEqual(before);
    const commit = work.kind === 'commit' ? work.commit : '';
    const names = await test.git(['ls-tree', '-r', '-z', '--name-only', commit]);
    expect(names.split('\0').filter((name) => name !== '')).toEqual(['a.txt', 'deep/ü\n.txt', 'staged.txt']);
    expect(await test.git(['rev-parse', `${commit}^`])).toBe(await test.git(['rev-parse', 'feature/task']));
    expect(await test.git(['show', `${commit}:a.txt`])).toBe('changed');
  });

  it('gives none for a clean worktree, the marker alone, a missing folder, and an edit that was taken back', async () => {
    const none = { kind: 'none' };
    expect(await workInProgress(repo, worktree, OF_TASK)).toEqual(none);
    await write(MARKER, '');
    expect(await workInProgress(repo, worktree, OF_TASK)).toEqual(none);
    await write('a.txt', 'x\n');
    await test.git(['add', 'a.txt'], worktree);
    await write('a.txt', 'a\n');
    expect(await workInProgress(repo, worktree, OF_TASK)).toEqual(none);
    expect(await workInProgress(repo, join(worktree, 'nowhere'), OF_TASK)).toEqual(none);
  });

  it('leaves out repositories inside, added or not', async () => {
    for (const name of ['loose', 'added']) {
      await mkdir(join(worktree, name));
      await test.git(['init', '--quiet'], join(worktree, name));
      const commit = ['-c', 'user.name=x', '-c', 'user.email=x', 'commit', '--quiet', '--allow-empty', '-m', 'x'];
      await test.git(commit, join(worktree, name));
    }
    await test.git(['add', 'added'], worktree);
    await write('a.txt', 'changed\n');
    const work = await workInProgress(repo, worktree, OF_TASK);
    const names = await test.git(['ls-tree', '-r', '--name-only', work.kind === 'commit' ? work.commit : '']);
    expect(names.split('\n')).toEqual(['a.txt', 'b.txt']);
  });

  it('cannot tell in the middle of a merge, and with another branch checked out', async () => {
    await test.commit('theirs', { 'a.txt': 'theirs\n' });
    await write('a.txt', 'mine\n');
    await test.git(['commit', '--quiet', '--all', '-m', 'mine'], worktree);
    await expect(test.git(['merge', 'main'], worktree)).rejects.toThrow();
    expect(await workInProgress(repo, worktree, OF_TASK)).toEqual({
      kind: 'unclear',
      reason: 'a merge is in progress',
    });
    await test.git(['merge', '--abort'], worktree);
    await test.git(['checkout', '--quiet', '-b', 'elsewhere'], worktree);
    await write('a.txt', 'more\n');
    const unclear = { kind: 'unclear', reason: 'elsewhere is checked out' };
    expect(await workInProgress(repo, worktree, OF_TASK)).toEqual(unclear);
  });

  it('cannot tell what git cannot read, and does not fail for it', async () => {
    await test.git(['config', 'filter.broken.clean', 'false']);
    await test.git(['config', 'filter.broken.required', 'true']);
    await write('.gitattributes', 'a.txt filter=broken\n');
    await write('a.txt', 'changed\n');
    expect(await workInProgress(repo, worktree, OF_TASK)).toEqual({
      kind: 'unclear',
      reason: expect.stringContaining('git add failed') as unknown,
    });
  });
});
