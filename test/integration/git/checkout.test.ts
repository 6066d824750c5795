import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fastForward, findCheckout, type FastForward } from '../../../src/git/checkout/checkout.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

let test: TestRepository;
let repo: Repository;
let from: string;
let to: string;
beforeEach(async () => {
  test = await createRepository({
    files: {
      'changed.txt': 'old\n',
      'deleted.txt': 'd\n',
      'other.txt': 'o\n',
      'now a folder': 'f\n',
      'was/folder': 'w\n',
    },
  });
  repo = await openRepository(test.root);
  from = await test.git(['rev-parse', 'HEAD']);
  await test.git(['checkout', '--quiet', '-b', 'work']);
  await test.git(['rm', '--quiet', 'deleted.txt', 'now a folder', 'was/folder']);
  to = await test.commit('work', {
    'changed.txt': 'new\n',
    'added.txt': 'a\n',
    'deep/added "q" ü.txt': 'a\n',
    'now a folder/file': 'f\n',
    was: 'file\n',
  });
  await test.git(['checkout', '--quiet', 'main']);
});
afterEach(async () => test.remove());

async function forward(): Promise<FastForward> {
  return fastForward(repo, { branch: 'main', from, to });
}

/** Everything of the checkout that could have changed. */
async function photograph(): Promise<unknown> {
  return {
    head: await test.git(['rev-parse', 'main']),
    on: await readFile(join(test.root, '.git/HEAD'), 'utf8'),
    index: await test.git(['ls-files', '--stage', '-z']),
    status: await test.git(['status', '--porcelain=v2', '-z', '--ignored', '--untracked-files=all']),
    difference: await test.git(['diff', '--binary']),
  };
}

async function expectBlocked(paths: string[], reason = /in the way/): Promise<void> {
  const before = await photograph();
  const result = await forward();
  expect(result).toMatchObject({ kind: 'blocked', paths });
  expect(result.kind === 'blocked' && result.reason).toMatch(reason);
  expect(await photograph()).toEqual(before);
}

describe('fastForward in the checkout of the branch', () => {
  it('moves branch, index and files', async () => {
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await test.git(['rev-parse', 'main'])).toBe(to);
    expect(await test.git(['symbolic-ref', 'HEAD'])).toBe('refs/heads/main');
    expect(await test.git(['status', '--porcelain'])).toBe('');
    expect(await readFile(join(test.root, 'changed.txt'), 'utf8')).toBe('new\n');
    expect(existsSync(join(test.root, 'deleted.txt'))).toBe(false);
  });

  it('answers advanced again, and when the branch has gone further', async () => {
    await forward();
    expect(await forward()).toEqual({ kind: 'advanced' });
    await test.commit('more');
    expect(await forward()).toEqual({ kind: 'advanced' });
  });

  it('leaves unrelated changed, staged, untracked and ignored files as they are', async () => {
    await test.write('other.txt', 'mine\n');
    await test.write('staged.txt', 'staged\n');
    await test.git(['add', 'staged.txt']);
    await test.write('untracked.txt', 'untracked\n');
    await test.write('.git/info/exclude', 'ignored.txt\n');
    await test.write('ignored.txt', 'ignored\n');
    const before = await test.git(['status', '--porcelain', '--ignored']);
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await test.git(['status', '--porcelain', '--ignored'])).toBe(before);
    expect(await readFile(join(test.root, 'other.txt'), 'utf8')).toBe('mine\n');
  });

  it('runs no hook of the repository', async () => {
    await test.write('.git/hooks/post-merge', '#!/bin/sh\ntouch hook-ran\n');
    await chmod(join(test.root, '.git/hooks/post-merge'), 0o755);
    await forward();
    expect(existsSync(join(test.root, 'hook-ran'))).toBe(false);
  });

  it('is blocked by changed files where the work changed them', async () => {
    await test.write('changed.txt', 'mine\n');
    await test.write('deleted.txt', 'mine\n');
    await test.write('other.txt', 'mine\n');
    await expectBlocked(['changed.txt', 'deleted.txt']);
  });

  it('is blocked by a staged file, also one that the work adds', async () => {
    await test.write('changed.txt', 'mine\n');
    await test.write('added.txt', 'mine\n');
    await test.git(['add', '--all']);
    await expectBlocked(['added.txt', 'changed.txt']);
  });

  it('is blocked by a file the user has deleted and the work changed', async () => {
    await rm(join(test.root, 'changed.txt'));
    await expectBlocked(['changed.txt']);
  });

  it('is not blocked where user and work have deleted the same file', async () => {
    await rm(join(test.root, 'deleted.txt'));
    expect(await forward()).toEqual({ kind: 'advanced' });
  });

  it('is blocked by untracked files with odd names', async () => {
    await test.write('deep/added "q" ü.txt', 'mine\n');
    await expectBlocked(['deep/added "q" ü.txt']);
  });

  it('is blocked by an untracked file of the same content', async () => {
    await test.write('added.txt', 'a\n');
    await expectBlocked(['added.txt']);
  });

  it('is blocked by an ignored file, which git by itself would overwrite', async () => {
    await test.write('.git/info/exclude', 'added.txt\n');
    await test.write('added.txt', 'secret\n');
    await expectBlocked(['added.txt']);
    expect(await readFile(join(test.root, 'added.txt'), 'utf8')).toBe('secret\n');
  });

  it('is blocked by a file where the work has a folder, and by files in a folder where it has a file', async () => {
    await test.write('deep', 'mine\n');
    await test.write('was/mine.txt', 'mine\n');
    await expectBlocked(['deep', 'was/mine.txt']);
  });

  it('is blocked by a link in the way, even a broken one', async () => {
    await symlink('nowhere', join(test.root, 'added.txt'));
    await expectBlocked(['added.txt']);
    expect((await lstat(join(test.root, 'added.txt'))).isSymbolicLink()).toBe(true);
  });

  it('is blocked by a repository of the user in the way, listed as one path', async () => {
    await mkdir(join(test.root, 'added.txt'));
    await test.git(['init', '--quiet'], join(test.root, 'added.txt'));
    await expectBlocked(['added.txt/']);
  });

  it('is blocked in the middle of a merge', async () => {
    await test.git(['branch', 'side', await test.git(['commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'side'])]);
    await test.git(['merge', '--quiet', '--no-ff', '--no-commit', 'side']);
    await expectBlocked([], /a merge is in progress/);
  });

  it('is blocked in the middle of a rebase of the branch, when HEAD is detached', async () => {
    await test.git(['checkout', '--quiet', '-b', 'onto']);
    await test.commit('onto', { 'other.txt': 'onto\n' });
    await test.git(['checkout', '--quiet', 'main']);
    from = await test.commit('mine', { 'other.txt': 'mine\n' });
    to = await test.git(['commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'next']);
    await expect(test.git(['rebase', 'onto'])).rejects.toThrow();
    expect(await findCheckout(repo, 'main')).toBe(test.root);
    await expectBlocked([], /a rebase is in progress/);
  });

  it('is blocked by an index.lock and names it', async () => {
    await test.write('.git/index.lock', '');
    const result = await forward();
    expect(result).toMatchObject({ kind: 'blocked' });
    expect(result.kind === 'blocked' && result.reason).toContain('.git/index.lock');
    expect(await test.git(['rev-parse', 'main'])).toBe(from);
  });

  it.each(['HEAD.lock', 'refs/heads/main.lock'])(
    'is blocked by a %s, before git moves files and index',
    async (name) => {
      const lock = join(test.root, '.git', name);
      const before = await photograph();
      await writeFile(lock, '');
      expect(await forward()).toMatchObject({ kind: 'blocked', lock });
      await rm(lock);
      expect(await photograph()).toEqual(before);
    },
  );

  it('puts files and index back where git could not move the branch', async () => {
    const lock = join(test.root, '.git/refs/heads/main.lock');
    await test.write('.git/info/attributes', 'added.txt filter=locker\n');
    await test.git(['config', 'filter.locker.smudge', `touch '${lock}'; cat`]); // another git, after we looked
    await test.write('other.txt', 'mine\n');
    const before = await photograph();
    expect(await forward()).toMatchObject({ kind: 'blocked', paths: [] });
    expect(await photograph()).toEqual(before);
    await test.git(['config', '--remove-section', 'filter.locker']);
    await rm(lock);
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await test.git(['status', '--porcelain'])).toBe(' M other.txt');
  });

  it('is blocked when the user has committed meanwhile', async () => {
    const mine = await test.commit('mine', { 'mine.txt': 'm' });
    await expectBlocked([], /moved/);
    expect(await test.git(['rev-parse', 'main'])).toBe(mine);
  });

  it('is blocked where the work does not contain the branch', async () => {
    to = await test.git(['commit-tree', 'HEAD^{tree}', '-m', 'orphan']);
    await expectBlocked([], /does not contain main/);
  });

  it('is blocked where the branch is gone', async () => {
    const result = await fastForward(repo, { branch: 'nope', from, to });
    expect(result).toEqual({ kind: 'blocked', reason: 'branch nope does not exist', paths: [] });
  });

  it('works in a linked worktree that has the branch', async () => {
    await test.git(['checkout', '--quiet', '--detach']);
    await test.git(['worktree', 'add', '--quiet', '../linked', 'main']);
    const linked = join(test.root, '../linked');
    await writeFile(join(linked, 'added.txt'), 'mine');
    expect(await forward()).toMatchObject({ kind: 'blocked', paths: ['added.txt'] });
    await rm(join(linked, 'added.txt'));
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await readFile(join(linked, 'changed.txt'), 'utf8')).toBe('new\n');
    expect(await test.git(['rev-parse', 'HEAD'])).toBe(from);
  });
});

describe('fastForward after its git was killed in the middle', () => {
  /** The filter of one file kills the git that is writing the files: git starts it as its own child. */
  async function killedAt(path: string): Promise<void> {
    await test.write('.git/info/attributes', `"${path}" filter=killer\n`);
    await test.git(['config', 'filter.killer.smudge', 'kill -9 $PPID']);
    await expect(forward()).rejects.toThrow('killed by SIGKILL');
    await test.git(['config', '--remove-section', 'filter.killer']);
    await rm(join(test.root, '.git/info/attributes'));
    expect(existsSync(join(test.root, '.git/index.lock'))).toBe(true);
    expect(await test.git(['rev-parse', 'main'])).toBe(from);
  }

  it.each(['added.txt', 'changed.txt', 'now a folder/file', 'was'])('at %s, finishes', async (path) => {
    await test.write('other.txt', 'mine\n');
    await test.write('untracked.txt', 'mine\n');
    await killedAt(path);
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await test.git(['status', '--porcelain'])).toBe(' M other.txt\n?? untracked.txt');
    expect(await test.git(['rev-parse', 'main'])).toBe(to);
    expect(existsSync(join(test.root, '.git/o8-fast-forward.json'))).toBe(false);
  });

  it('finishes a file of which only the beginning was written', async () => {
    await killedAt('was');
    await test.write('changed.txt', 'ne');
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await test.git(['status', '--porcelain'])).toBe('');
  });

  it('touches nothing where somebody has changed a file since', async () => {
    await killedAt('was');
    await test.write('changed.txt', 'mine\n');
    const before = await test.git(['--no-optional-locks', 'status', '--porcelain']);
    expect(await forward()).toMatchObject({ kind: 'blocked', paths: ['changed.txt'] });
    expect(await test.git(['--no-optional-locks', 'status', '--porcelain'])).toBe(before);
    expect(existsSync(join(test.root, '.git/index.lock'))).toBe(true);
  });

  it('touches nothing while that git may be alive', async () => {
    await killedAt('was');
    await test.write('.git/o8-fast-forward.json', JSON.stringify({ from, to, pid: process.pid }));
    expect(await forward()).toMatchObject({ kind: 'blocked', paths: [] });
    expect(existsSync(join(test.root, '.git/index.lock'))).toBe(true);
  });

  it('finishes where the index was written and the branch was not moved', async () => {
    await test.git(['read-tree', '-m', '-u', from, to]);
    await test.write('.git/o8-fast-forward.json', JSON.stringify({ from, to, pid: 2 ** 22 }));
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await test.git(['status', '--porcelain'])).toBe('');
  });
});

describe('fastForward of a branch that nobody has checked out', () => {
  it('moves the branch alone, with a detached HEAD at the same commit left where it is', async () => {
    await test.git(['checkout', '--quiet', '--detach']);
    expect(await findCheckout(repo, 'main')).toBeNull();
    expect(await forward()).toEqual({ kind: 'advanced' });
    expect(await test.git(['rev-parse', 'main'])).toBe(to);
    expect(await test.git(['rev-parse', 'HEAD'])).toBe(from);
    expect(await test.git(['status', '--porcelain'])).toBe('');
  });

  it('is blocked by the lock of a branch that is checked out nowhere', async () => {
    await test.git(['checkout', '--quiet', '--detach']);
    const lock = join(test.root, '.git/refs/heads/main.lock');
    await writeFile(lock, '');
    expect(await forward()).toMatchObject({ kind: 'blocked', lock });
  });

  it('works in a bare repository', async () => {
    await test.git(['clone', '--quiet', '--bare', '.', '../bare.git']);
    const bare = await openRepository(join(test.root, '../bare.git'));
    expect(await fastForward(bare, { branch: 'main', from, to })).toEqual({ kind: 'advanced' });
    expect(await test.git(['rev-parse', 'main'], bare.root)).toBe(to);
  });
});
