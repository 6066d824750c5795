import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CriticalSection } from '../../../src/core/base/lease.js';
import { createRef, resolveCommit } from '../../../src/git/refs/refs.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import {
  addScratchWorktree,
  addWorktree,
  listWorktrees,
  removeWorktree,
  unlockWorktree,
} from '../../../src/git/worktrees/worktrees.js';
import { isOwnWorktree, ownReason } from '../../../src/git/worktrees/own-worktree.js';
import { inTurn } from '../../support/waiting/in-turn.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const FILES = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`dir${at % 6}/file${at}.txt`, `${at}\n`]));

let test: TestRepository;
let repo: Repository;
let start: string;
let serialise: CriticalSection;
beforeEach(async () => {
  test = await createRepository({ files: FILES });
  repo = await openRepository(test.root);
  start = await test.git(['rev-parse', 'HEAD']);
  serialise = inTurn();
});
afterEach(async () => test.remove());

function workspace(name: string): string {
  return join(test.root, '../workspaces', name);
}

async function add(name: string, at = start): Promise<void> {
  await addWorktree(repo, serialise, {
    path: workspace(name),
    branch: `feature/${name}`,
    start: at,
    reason: 'o8 test',
  });
}

async function status(name: string): Promise<string> {
  return test.git(['status', '--porcelain'], workspace(name));
}

describe('addWorktree', () => {
  it('knows a worktree again that a killed owner had registered and not marked, also when it is not locked any more', async () => {
    const reason = ownReason('run-1', 'task one');
    const [path, branch] = [workspace('one'), 'feature/one'];
    await test.git(['worktree', 'add', '--quiet', '--no-checkout', '--lock', '--reason', reason, '-b', branch, path]);
    await addWorktree(repo, serialise, { path, branch, start, reason });
    await unlockWorktree(repo, serialise, path);
    expect([await isOwnWorktree(path, 'run-1'), await isOwnWorktree(path, 'run-2')]).toEqual([true, false]);
  });

  it('makes a full, locked worktree on a new branch', async () => {
    await add('one');
    expect(await status('one')).toBe('');
    expect(await test.git(['symbolic-ref', 'HEAD'], workspace('one'))).toBe('refs/heads/feature/one');
    expect(await test.git(['rev-parse', 'HEAD'], workspace('one'))).toBe(start);
    expect(await readFile(join(workspace('one'), 'dir1/file1.txt'), 'utf8')).toBe('1\n');
    const listed = await test.git(['worktree', 'list', '--porcelain']);
    expect(listed).toContain('locked o8 test');
  });

  it('starts where it is told and writes no tracking into the shared config', async () => {
    await test.git(['config', 'branch.autoSetupMerge', 'always']);
    const config = await readFile(join(test.root, '.git/config'), 'utf8');
    await test.commit('later', { 'dir1/file1.txt': 'later\n' });
    await add('one', start);
    expect(await readFile(join(workspace('one'), 'dir1/file1.txt'), 'utf8')).toBe('1\n');
    expect(await readFile(join(test.root, '.git/config'), 'utf8')).toBe(config);
  });

  it('survives 20 at once, beside removes', async () => {
    const old = Array.from({ length: 5 }, (_, at) => `old${at}`);
    for (const name of old) await add(name);
    const names = Array.from({ length: 20 }, (_, at) => `task-${at}`);
    await Promise.all([
      ...names.map((name) => add(name)),
      ...old.map((name) => removeWorktree(repo, serialise, workspace(name))),
    ]);
    for (const name of names) expect(await status(name)).toBe('');
    const entries = await listWorktrees(repo);
    const branches = new Set(entries.map(({ branch }) => branch));
    expect(entries).toHaveLength(21);
    expect(branches).toEqual(new Set(['main', ...names.map((name) => `feature/${name}`)]));
    expect(entries.slice(1).every(({ locked }) => locked)).toBe(true);
    expect((await readdir(join(test.root, '../workspaces'))).sort()).toEqual([...names].sort());
  });

  it('can be repeated and leaves work alone', async () => {
    await add('one');
    await writeFile(join(workspace('one'), 'dir1/file1.txt'), 'work\n');
    await add('one');
    expect(await readFile(join(workspace('one'), 'dir1/file1.txt'), 'utf8')).toBe('work\n');
    await test.git(['commit', '--quiet', '--all', '--message', 'work'], workspace('one'));
    await add('one');
    expect(await test.git(['log', '-1', '--format=%s'], workspace('one'))).toBe('work');
  });

  it.each(['worktrees/one/index.lock', 'worktrees/one/HEAD.lock', 'refs/heads/feature/one.lock'])(
    'completes one that was registered but never filled, with the %s of a git that died',
    async (name) => {
      await mkdir(join(test.root, '../workspaces'));
      await test.git(['worktree', 'add', '--quiet', '--no-checkout', '-b', 'feature/one', workspace('one')]);
      const lock = join(test.root, '.git', name);
      await writeFile(lock, '');
      const aMinuteAgo = new Date(Date.now() - 60_000);
      await utimes(lock, aMinuteAgo, aMinuteAgo);
      await add('one');
      expect(await status('one')).toBe('');
      expect((await listWorktrees(repo)).find(({ branch }) => branch === 'feature/one')?.locked).toBe(true);
      await test.git(['commit', '--quiet', '--allow-empty', '--message', 'goes on'], workspace('one'));
    },
  );

  it('makes a half-registered one again', async () => {
    await mkdir(join(test.root, '../workspaces'));
    await test.git(['worktree', 'add', '--quiet', '--no-checkout', '-b', 'feature/one', workspace('one')]);
    await rm(join(test.root, '.git/worktrees/one/HEAD'));
    await rm(join(test.root, '.git/worktrees/one/commondir'));
    await add('one');
    expect(await status('one')).toBe('');
  });

  it('restores a worktree whose folder is gone, from its branch', async () => {
    await add('one');
    await writeFile(join(workspace('one'), 'work.txt'), 'work\n');
    await test.git(['add', '--all'], workspace('one'));
    await test.git(['commit', '--quiet', '--message', 'work'], workspace('one'));
    const tip = await test.git(['rev-parse', 'HEAD'], workspace('one'));
    await rm(workspace('one'), { recursive: true });
    await add('one', tip);
    expect(await readFile(join(workspace('one'), 'work.txt'), 'utf8')).toBe('work\n');
  });

  it('uses a branch that is exactly where it is told and refuses one that is not', async () => {
    await createRef(repo, 'refs/heads/feature/one', start);
    await add('one');
    expect(await status('one')).toBe('');
    const later = await test.commit('later');
    await createRef(repo, 'refs/heads/feature/two', later);
    await expect(add('two')).rejects.toThrow('feature/two exists at another commit');
    expect(await resolveCommit(repo, 'refs/heads/feature/two')).toBe(later);
    expect(existsSync(workspace('two'))).toBe(false);
  });

  it('refuses a folder it did not make and changes nothing', async () => {
    await mkdir(workspace('one'), { recursive: true });
    await writeFile(join(workspace('one'), 'precious.txt'), 'p');
    await expect(add('one')).rejects.toThrow('exists and is not a worktree');
    expect(await readdir(workspace('one'))).toEqual(['precious.txt']);
    expect(await resolveCommit(repo, 'refs/heads/feature/one')).toBeNull();
  });

  it('refuses a branch that is checked out elsewhere, by the place', async () => {
    const path = workspace('one');
    const adding = addWorktree(repo, serialise, { path, branch: 'main', start, reason: 'o8 test' });
    await expect(adding).rejects.toThrow(`branch main is checked out in ${test.root}`);
    expect(existsSync(path)).toBe(false);
    expect(await resolveCommit(repo, 'refs/heads/main')).toBe(start);
  });

  it('refuses a worktree that is on another branch', async () => {
    await add('one');
    await test.git(['switch', '--quiet', '--create', 'mine'], workspace('one'));
    await expect(add('one')).rejects.toThrow('on branch mine');
  });

  it('takes back its own branch and folder when the files cannot be written', async () => {
    await test.commit('filter', { '.gitattributes': 'dir1/* filter=broken\n' });
    await test.git(['config', 'filter.broken.smudge', 'false']);
    await test.git(['config', 'filter.broken.required', 'true']);
    await expect(add('one', await test.git(['rev-parse', 'HEAD']))).rejects.toMatchObject({ code: 'git_failed' });
    expect(await resolveCommit(repo, 'refs/heads/feature/one')).toBeNull();
    expect(await readdir(join(test.root, '../workspaces'))).toEqual([]);
    expect(await listWorktrees(repo)).toHaveLength(1);
  });

  it('registers and removes only while it is its turn', async () => {
    const registered = (): boolean => existsSync(join(test.root, '.git/worktrees/one'));
    const turns: { before: boolean; after: boolean }[] = [];
    serialise = async (work) => {
      const before = registered();
      const result = await work();
      turns.push({ before, after: registered() });
      return result;
    };
    await add('one');
    await removeWorktree(repo, serialise, workspace('one'));
    expect(turns).toEqual([
      { before: false, after: true },
      { before: true, after: false },
    ]);
  });

  it('is not stopped by hooks of the repository', async () => {
    for (const name of ['post-checkout', 'reference-transaction']) {
      await test.write(`.git/hooks/${name}`, '#!/bin/sh\nexit 1\n');
      await chmod(join(test.root, '.git/hooks', name), 0o755);
    }
    await add('one');
    expect(await status('one')).toBe('');
  });

  it('works with a git that cannot lock with a reason while adding', async () => {
    repo = { ...repo, version: { major: 2, minor: 25, patch: 0 } };
    await add('one');
    await add('one');
    expect(await test.git(['worktree', 'list', '--porcelain'])).toContain('locked o8 test');
    await removeWorktree(repo, serialise, workspace('one'));
    expect(existsSync(workspace('one'))).toBe(false);
  });
});

describe('addScratchWorktree', () => {
  it('is detached at the commit and can be repeated', async () => {
    const options = { path: workspace('scratch'), commit: start, reason: 'o8 verify' };
    await addScratchWorktree(repo, serialise, options);
    await addScratchWorktree(repo, serialise, options);
    expect(await status('scratch')).toBe('');
    await expect(test.git(['symbolic-ref', '--quiet', 'HEAD'], workspace('scratch'))).rejects.toThrow();
    const other = { ...options, commit: await test.commit('other') };
    await expect(addScratchWorktree(repo, serialise, other)).rejects.toThrow(`detached at ${start}`);
  });
});

describe('removeWorktree', () => {
  it('removes a locked worktree with changed, ignored and read-only files, keeps the branch, can be repeated', async () => {
    await add('one');
    await appendFile(join(test.root, '.git/info/exclude'), 'cache/\n');
    await mkdir(join(workspace('one'), 'cache/deep'), { recursive: true });
    await writeFile(join(workspace('one'), 'cache/deep/file'), 'x');
    await chmod(join(workspace('one'), 'cache/deep'), 0o500);
    await writeFile(join(workspace('one'), 'new.txt'), 'x');
    await removeWorktree(repo, serialise, workspace('one'));
    await removeWorktree(repo, serialise, workspace('one'));
    expect(await readdir(join(test.root, '../workspaces'))).toEqual([]);
    expect(await listWorktrees(repo)).toHaveLength(1);
    expect(await resolveCommit(repo, 'refs/heads/feature/one')).toBe(start);
  });

  it('finishes what a crash left: a registered worktree already renamed away, a trash folder', async () => {
    await add('one');
    await mkdir(join(test.root, '../workspaces/.one.removed-12345678'));
    await rm(workspace('one'), { recursive: true });
    await removeWorktree(repo, serialise, workspace('one'));
    expect(await readdir(join(test.root, '../workspaces'))).toEqual([]);
    expect(await listWorktrees(repo)).toHaveLength(1);
  });

  it('refuses the main checkout and any other folder', async () => {
    await expect(removeWorktree(repo, serialise, test.root)).rejects.toThrow('main checkout');
    await mkdir(workspace('folder'), { recursive: true });
    await writeFile(join(workspace('folder'), 'precious.txt'), 'p');
    await expect(removeWorktree(repo, serialise, workspace('folder'))).rejects.toThrow('was not removed');
    expect(await readdir(workspace('folder'))).toEqual(['precious.txt']);
    expect(existsSync(join(test.root, 'dir1/file1.txt'))).toBe(true);
  });

  it('takes a worktree with a submodule in it', async () => {
    await test.git(['clone', '--quiet', '--bare', '.', '../inner.git']);
    await test.git(['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../inner.git', 'inner']);
    await add('one', await test.commit('submodule'));
    const update = ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'update', '--init'];
    await test.git(update, workspace('one'));
    await removeWorktree(repo, serialise, workspace('one'));
    expect(existsSync(workspace('one'))).toBe(false);
    expect(await listWorktrees(repo)).toHaveLength(1);
  });
});
