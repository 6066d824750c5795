import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gitClient } from '../../../src/git/door/client.js';
import { git, gitThatSurvives, tryGit } from '../../../src/git/door/execute.js';
import { readFileAt, readRepositoryFacts } from '../../../src/git/checkout/repository-facts.js';
import { openRepository } from '../../../src/git/door/repository.js';
import { isOwnWorktree, ownReason } from '../../../src/git/worktrees/own-worktree.js';
import { addWorktree } from '../../../src/git/worktrees/worktrees.js';
import { findProgram } from '../../../src/process/programs/run-program.js';
import { inTurn } from '../../support/waiting/in-turn.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

let test: TestRepository;
beforeEach(async () => {
  test = await createRepository({ files: { 'a.txt': 'one\n', 'src/b.txt': 'two\n' } });
});
afterEach(async () => test.remove());

describe('openRepository', () => {
  it('finds the top of the checkout from a folder inside it', async () => {
    const repo = await openRepository(join(test.root, 'src'));
    expect(repo).toMatchObject({
      root: test.root,
      gitDir: join(test.root, '.git'),
      commonDir: join(test.root, '.git'),
    });
    expect(repo.bare).toBe(false);
    expect(repo.version.major).toBe(2);
  });

  it('knows the shared folder of a linked worktree', async () => {
    await test.git(['worktree', 'add', '--quiet', '../linked']);
    const repo = await openRepository(join(test.root, '../linked'));
    expect(repo.root).toBe(await realpath(join(test.root, '../linked')));
    expect(repo.commonDir).toBe(join(test.root, '.git'));
    expect(repo.gitDir).toBe(join(test.root, '.git/worktrees/linked'));
  });

  it('opens a repository with a newline in its path, and knows the worktrees it made there', async () => {
    const root = join(test.root, '../a\nb');
    await test.git(['clone', '--quiet', '.', root]);
    const repo = await openRepository(root);
    expect(repo).toMatchObject({ root, gitDir: join(root, '.git'), commonDir: join(root, '.git'), bare: false });
    const path = join(root, '../work\nspaces/task');
    const start = await test.git(['rev-parse', 'HEAD']);
    await addWorktree(repo, inTurn(), { path, branch: 'feature/task', start, reason: ownReason('run', 'task') });
    expect(await isOwnWorktree(path, 'run')).toBe(true);
    expect((await openRepository(path)).commonDir).toBe(join(root, '.git'));
  });

  it('opens a bare repository', async () => {
    await test.git(['clone', '--quiet', '--bare', '.', '../bare.git']);
    expect(await openRepository(join(test.root, '../bare.git'))).toMatchObject({ bare: true });
  });

  it('names git init if there is no repository', async () => {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'o8-test-'));
    try {
      const opening = openRepository(folder);
      await expect(opening).rejects.toMatchObject({ code: 'not_a_repository', hint: `git init ${folder}` });
      await expect(openRepository(join(folder, 'gone'))).rejects.toMatchObject({ code: 'not_a_repository' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("knows git's refusal of another user's repository, and the command that ends it", async () => {
    const bin = join(test.root, '../bin');
    await mkdir(bin);
    const real = await findProgram('git', process.env);
    const script = `#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec ${real ?? ''} "$@"\n`;
    await writeFile(join(bin, 'git'), script, { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env['PATH'] ?? ''}`);
    await expect(openRepository(join(test.root, 'src'))).rejects.toMatchObject({
      code: 'git_failed',
      message: `Git refuses to work in ${test.root}: the repository belongs to another user`,
      hint: expect.stringContaining(`git config --global --add safe.directory ${test.root}`) as string,
    });
    vi.unstubAllEnvs();
  });

  it('refuses the inside of a git folder', async () => {
    await expect(openRepository(join(test.root, '.git'))).rejects.toMatchObject({ code: 'not_a_repository' });
  });

  it('is not led to another repository by GIT_DIR', async () => {
    vi.stubEnv('GIT_DIR', '/nowhere');
    expect((await openRepository(test.root)).root).toBe(test.root);
  });
});

describe('a git that fails', () => {
  it('rejects with git’s message when run directly', async () => {
    const failing = git(['rev-parse', '--verify', 'nothing'], { cwd: test.root });
    await expect(failing).rejects.toMatchObject({ code: 'git_failed' });
    await expect(failing).rejects.toThrow('exit 128');
  });

  it('rejects when run through simple-git, even without a message', async () => {
    await test.commit('two');
    const ancestor = gitClient(test.root).read(['merge-base', '--is-ancestor', 'HEAD', 'HEAD~1']);
    await expect(ancestor).rejects.toMatchObject({ code: 'git_failed' });
    await expect(ancestor).rejects.toThrow('exit 1');
  });

  it('gives its exit code when asked for it', async () => {
    expect(await tryGit(['diff', '--quiet', 'HEAD'], { cwd: test.root })).toMatchObject({ code: 0 });
    await test.write('a.txt', 'changed');
    expect(await tryGit(['diff', '--quiet', 'HEAD'], { cwd: test.root })).toMatchObject({ code: 1 });
    const surviving = await gitThatSurvives(['nonsense'], { cwd: test.root, onStart: () => undefined });
    expect(surviving.code).toBe(1);
    expect(surviving.stderr).toContain('nonsense');
  });

  it('is stopped after its time', async () => {
    await test.git(['config', 'alias.wait', '!sleep 60']);
    const waiting = git(['wait'], { cwd: test.root, timeoutMs: 50 });
    await expect(waiting).rejects.toThrow('did not end');
  });

  it('has no terminal escapes in the message', async () => {
    const failing = git(['rev-parse', '--verify', '\u001b[31mred\u0007'], { cwd: test.root });
    await expect(failing).rejects.toSatisfy((error: Error) => !error.message.includes('\u001b'));
  });

  it('names a folder that is gone', async () => {
    const failing = git(['status'], { cwd: join(test.root, 'gone') });
    await expect(failing).rejects.toThrow('does not exist');
  });
});

describe('readRepositoryFacts', () => {
  it('tells a clean repository', async () => {
    const repo = await openRepository(test.root);
    expect(await readRepositoryFacts(repo)).toEqual({
      version: repo.version,
      root: test.root,
      bare: false,
      shallow: false,
      sparse: false,
      head: { kind: 'branch', branch: 'main', commit: await test.git(['rev-parse', 'HEAD']) },
      changes: [],
      operation: null,
      submodules: [],
      lfs: false,
      lfsFiles: 0,
      lfsFilter: false,
      branches: ['main'],
      worktrees: [
        {
          path: test.root,
          head: await test.git(['rev-parse', 'HEAD']),
          branch: 'main',
          locked: false,
          prunable: false,
        },
      ],
      foldsCase: false,
      tracked: ['a.txt', 'src/b.txt'],
      trackedFiles: 2,
      trackedBytes: 8,
    });
  });

  it('tells staged, changed, renamed and untracked files by their exact paths', async () => {
    await test.commit('more', { 'old name.txt': 'x\n'.repeat(50), 'gone.txt': 'g' });
    await test.git(['mv', 'old name.txt', 'new\nname.txt']);
    await test.write('a.txt', 'changed');
    await test.write('ünt "racked".txt', 'u');
    await test.write('folder/deep.txt', 'u');
    const { changes } = await readRepositoryFacts(await openRepository(test.root));
    const sorted = [...changes].sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(sorted).toEqual([
      { path: 'a.txt', staged: false, untracked: false },
      { path: 'folder/deep.txt', staged: false, untracked: true },
      { path: 'new\nname.txt', staged: true, untracked: false },
      { path: 'old name.txt', staged: true, untracked: false },
      { path: 'ünt "racked".txt', staged: false, untracked: true },
    ]);
  });

  it('tells an unborn branch, a detached HEAD and a merge in progress', async () => {
    const repo = await openRepository(test.root);
    await test.git(['checkout', '--quiet', '-b', 'other']);
    await test.commit('theirs', { 'a.txt': 'theirs\n' });
    await test.git(['checkout', '--quiet', 'main']);
    const commit = await test.commit('ours', { 'a.txt': 'ours\n' });
    await expect(test.git(['merge', 'other'])).rejects.toThrow();
    expect(await readRepositoryFacts(repo)).toMatchObject({
      operation: 'merge',
      changes: [{ path: 'a.txt', staged: true, untracked: false }],
      branches: ['main', 'other'],
    });
    await test.git(['merge', '--abort']);
    await test.git(['checkout', '--quiet', '--detach']);
    expect((await readRepositoryFacts(repo)).head).toEqual({ kind: 'detached', commit });
    await test.git(['checkout', '--quiet', '--orphan', 'fresh']);
    expect(await readRepositoryFacts(repo)).toMatchObject({
      head: { kind: 'unborn', branch: 'fresh' },
      trackedFiles: 0,
    });
  });

  it('tells submodules, LFS, sparse and shallow repositories', async () => {
    await test.commit('lfs', { 'assets/.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' });
    await test.git(['clone', '--quiet', '--bare', '.', '../inner.git']);
    await test.git(['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../inner.git', 'libs/inner']);
    await test.commit('submodule');
    await test.git(['sparse-checkout', 'set', 'src']);
    const facts = await readRepositoryFacts(await openRepository(test.root));
    expect(facts).toMatchObject({ submodules: ['libs/inner'], lfs: true, sparse: true, shallow: false });
    await test.git(['clone', '--quiet', '--depth', '1', `file://${test.root}`, '../shallow']);
    const shallow = await readRepositoryFacts(await openRepository(join(test.root, '../shallow')));
    expect(shallow.shallow).toBe(true);
  });

  it('lists worktrees of a git that knows neither -z nor locked in the list', async () => {
    const repo = await openRepository(test.root);
    await test.git(['worktree', 'add', '--quiet', '../one']);
    await test.git(['worktree', 'add', '--quiet', '--detach', '../two']);
    await test.git(['worktree', 'lock', '../one']);
    await rm(join(test.root, '../two'), { recursive: true });
    const now = await readRepositoryFacts(repo);
    const old = await readRepositoryFacts({ ...repo, version: { major: 2, minor: 25, patch: 0 } });
    expect(old.worktrees).toEqual(now.worktrees);
    expect(now.worktrees.map(({ branch, locked, prunable }) => ({ branch, locked, prunable }))).toEqual([
      { branch: 'main', locked: false, prunable: false },
      { branch: 'one', locked: true, prunable: false },
      { branch: null, locked: false, prunable: true },
    ]);
  });
});

describe('readFileAt', () => {
  it('reads a file of a commit, not of the folder', async () => {
    const repo = await openRepository(test.root);
    const commit = await test.commit('odd', { '-x *.txt': 'odd\n' });
    await test.write('-x *.txt', 'later');
    expect(await readFileAt(repo, commit, '-x *.txt')).toBe('odd\n');
    expect(await readFileAt(repo, commit, 'missing.txt')).toBeNull();
    expect(await readFileAt(repo, commit, 'src')).toBeNull();
    await expect(readFileAt(repo, 'f'.repeat(40), 'a.txt')).rejects.toMatchObject({ code: 'git_failed' });
  });
});

describe('createRepository', () => {
  it('runs git nowhere but in its own folder', async () => {
    await expect(test.git(['status'], process.cwd())).rejects.toThrow('git only runs in');
    await mkdir(join(test.root, '../beside'));
    await expect(test.git(['rev-parse'], join(test.root, '../beside'))).rejects.toThrow('not a git repository');
  });
});
