import { createHash } from 'node:crypto';
import { appendFile, chmod, lstat, mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveCommit } from '../../../src/git/refs/refs.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import {
  addWorktree,
  commitLeftovers,
  copyWorktreeIncludes,
  ensureExcluded,
  inspectWorktree,
  snapshotWorktree,
} from '../../../src/git/worktrees/worktrees.js';
import { inTurn } from '../../support/waiting/in-turn.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const MARKER = '.claude-task-complete';
const REF = 'refs/o8/rescue/run/task/1';

let test: TestRepository;
let repo: Repository;
let worktree: string;
beforeEach(async () => {
  test = await createRepository({ files: { 'a.txt': 'a\n', 'b.txt': 'b\n', 'c.txt': 'c\n' } });
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

async function filesAt(commit: string): Promise<string[]> {
  return (await test.git(['ls-tree', '-r', '-z', '--name-only', commit])).split('\0').filter((path) => path !== '');
}

describe('inspectWorktree', () => {
  it('tells a clean worktree', async () => {
    expect(await inspectWorktree(worktree)).toEqual({
      exists: true,
      head: await test.git(['rev-parse', 'HEAD']),
      branch: 'feature/task',
      changes: [],
      stagedOnly: [],
      unwatched: [],
      nestedRepositories: [],
      operation: null,
    });
  });

  it('tells changes, a detached HEAD and an operation', async () => {
    await write('a.txt', 'mine\n');
    await write('new folder/ü.txt', 'n\n');
    await test.git(['checkout', '--quiet', '--detach'], worktree);
    await test.git(['bisect', 'start'], worktree);
    expect(await inspectWorktree(worktree)).toMatchObject({
      branch: null,
      changes: [
        { path: 'a.txt', untracked: false },
        { path: 'new folder/ü.txt', untracked: true },
      ],
      operation: 'bisect',
    });
  });

  it('finds repositories inside, committed or empty, added or not', async () => {
    for (const name of ['empty', 'added', 'deep/loose']) {
      await mkdir(join(worktree, name), { recursive: true });
      await test.git(['init', '--quiet'], join(worktree, name));
    }
    for (const name of ['added', 'deep/loose']) {
      const commit = ['-c', 'user.name=x', '-c', 'user.email=x', 'commit', '--quiet', '--allow-empty', '-m', 'x'];
      await test.git(commit, join(worktree, name));
    }
    await test.git(['add', 'added'], worktree);
    const { nestedRepositories } = await inspectWorktree(worktree);
    expect(new Set(nestedRepositories)).toEqual(new Set(['empty', 'added', 'deep/loose']));
  });

  it.each(['garbage', ''])(
    'looks at a worktree whose index is damaged (%j) as if nothing was staged',
    async (content) => {
      await write('a.txt', 'changed\n');
      await write('new.txt', 'new\n');
      await test.git(['add', '--all'], worktree);
      const gitDir = await test.git(['rev-parse', '--absolute-git-dir'], worktree);
      await writeFile(join(gitDir, 'index'), content);
      await expect(test.git(['status'], worktree)).rejects.toThrow();
      const { changes } = await inspectWorktree(worktree);
      expect(changes.map(({ path }) => path)).toEqual(['a.txt', 'new.txt']);
      const kept = await snapshotWorktree(repo, worktree, { ref: REF, message: 'kept\n' });
      expect(await test.git(['show', `${kept?.commit ?? ''}:new.txt`])).toBe('new');
      expect(await readFile(join(gitDir, 'index.damaged'), 'utf8')).toBe(content);
    },
  );

  it('says that a missing folder, a plain folder and a folder of the main checkout are none', async () => {
    await mkdir(join(test.root, 'folder'));
    expect(await inspectWorktree(join(test.root, 'folder'))).toMatchObject({ exists: false });
    expect(await inspectWorktree(join(test.root, 'gone'))).toMatchObject({ exists: false });
    await rm(join(worktree, '.git'));
    expect(await inspectWorktree(worktree)).toMatchObject({ exists: false });
  });
});

describe('commitLeftovers', () => {
  const message = 'leftovers\n\n# kept\n';
  const commitAll = async () =>
    commitLeftovers(repo, { path: worktree, branch: 'feature/task', message, exclude: [MARKER] });

  it('commits changed, new and deleted files and leaves the tree clean but for the marker', async () => {
    await write('a.txt', 'mine\n');
    await write('deep/new ü.txt', 'n\n');
    await rm(join(worktree, 'b.txt'));
    await write(MARKER, '');
    const commit = await commitAll();
    expect(commit).toBe(await test.git(['rev-parse', 'feature/task']));
    expect(await filesAt('feature/task')).toEqual(['a.txt', 'c.txt', 'deep/new ü.txt']);
    expect(await test.git(['status', '--porcelain'], worktree)).toBe(`?? ${MARKER}`);
    expect(await test.git(['log', '-1', '--format=%B%an'], worktree)).toBe(`${message}Test`);
  });

  it('gives null for the marker alone, staged or ignored too', async () => {
    expect(await commitAll()).toBeNull();
    await write(MARKER, '');
    expect(await commitAll()).toBeNull();
    await test.git(['add', MARKER], worktree);
    expect(await commitAll()).toBeNull();
    await ensureExcluded(repo, [MARKER]);
    expect(await commitAll()).toBeNull();
    await write('a.txt', 'mine\n');
    expect(await commitAll()).not.toBeNull();
    expect(await filesAt('feature/task')).not.toContain(MARKER);
  });

  it('runs no hook and asks for no signature', async () => {
    await test.git(['config', 'commit.gpgsign', 'true']);
    for (const name of ['pre-commit', 'prepare-commit-msg']) {
      await test.write(`.git/hooks/${name}`, '#!/bin/sh\nexit 1\n');
      await chmod(join(test.root, '.git/hooks', name), 0o755);
    }
    await write('a.txt', 'mine\n');
    expect(await commitAll()).not.toBeNull();
  });

  it('leaves repositories inside alone and commits the rest', async () => {
    await mkdir(join(worktree, 'nested'));
    await test.git(['init', '--quiet'], join(worktree, 'nested'));
    await write('nested/file.txt', 'n\n');
    await write('a.txt', 'mine\n');
    expect(await commitAll()).not.toBeNull();
    expect(await filesAt('feature/task')).toEqual(['a.txt', 'b.txt', 'c.txt']);
    expect(await inspectWorktree(worktree)).toMatchObject({ nestedRepositories: ['nested'] });
  });

  it('does not commit conflict markers', async () => {
    await test.git(['checkout', '--quiet', '-b', 'other'], worktree);
    await write('a.txt', 'theirs\n');
    await commitAll();
    await test.git(['checkout', '--quiet', 'feature/task'], worktree);
    await write('a.txt', 'ours\n');
    const tip = await commitAll();
    await expect(test.git(['merge', 'other'], worktree)).rejects.toThrow();
    await expect(commitAll()).rejects.toThrow('a merge is in progress');
    expect(await test.git(['rev-parse', 'feature/task'])).toBe(tip);
  });
});

describe('snapshotWorktree', () => {
  it('keeps an edit of the same size in the second in which the index was written', async () => {
    await write('a.txt', 'x\n');
    const second = Math.floor(Date.now() / 1000) - 10;
    const index = join(await test.git(['rev-parse', '--absolute-git-dir'], worktree), 'index');
    await utimes(join(worktree, 'a.txt'), second, second);
    // Racy as git meets it: what the index knows of the file is as old as the index itself.
    await test.git(['add', 'a.txt'], worktree);
    await test.git(['commit', '--quiet', '-m', 'x'], worktree);
    await utimes(index, second, second);
    await write('a.txt', 'y\n');
    await utimes(join(worktree, 'a.txt'), second, second);
    const commit = (await snapshotWorktree(repo, worktree, { ref: REF, message: 'rescue' }))?.commit;
    expect(await test.git(['show', `${commit ?? ''}:a.txt`])).toBe('y');
  });

  it('keeps everything under the ref and leaves index and files untouched', async () => {
    await write('a.txt', 'staged\n');
    await test.git(['add', 'a.txt'], worktree);
    await write('a.txt', 'later\n');
    await write('new.txt', 'n\n');
    await rm(join(worktree, 'b.txt'));
    const index = join(test.root, '.git/worktrees/task/index');
    const before = createHash('sha256')
      .update(await readFile(index))
      .digest('hex');
    const status = await test.git(['--no-optional-locks', 'status', '--porcelain'], worktree);
    const commit = (await snapshotWorktree(repo, worktree, { ref: REF, message: 'rescue' }))?.commit;
    expect(
      createHash('sha256')
        .update(await readFile(index))
        .digest('hex'),
    ).toBe(before);
    expect(await test.git(['--no-optional-locks', 'status', '--porcelain'], worktree)).toBe(status);
    expect(await resolveCommit(repo, REF)).toBe(commit);
    expect(await filesAt(REF)).toEqual(['a.txt', 'c.txt', 'new.txt']);
    expect(await test.git(['show', `${REF}:a.txt`])).toBe('later');
    expect(await test.git(['rev-parse', `${REF}^`])).toBe(await test.git(['rev-parse', 'feature/task']));
  });

  it('gives null and sets no ref for a clean worktree', async () => {
    expect(await snapshotWorktree(repo, worktree, { ref: REF, message: 'rescue' })).toBeNull();
    expect(await resolveCommit(repo, REF)).toBeNull();
  });

  it('works in the middle of a conflict and beside the index.lock of a git that died', async () => {
    await test.git(['checkout', '--quiet', '-b', 'other'], worktree);
    await write('a.txt', 'theirs\n');
    await test.git(['commit', '--quiet', '--all', '--message', 'theirs'], worktree);
    await test.git(['checkout', '--quiet', 'feature/task'], worktree);
    await write('a.txt', 'ours\n');
    await test.git(['commit', '--quiet', '--all', '--message', 'ours'], worktree);
    await expect(test.git(['merge', 'other'], worktree)).rejects.toThrow();
    await writeFile(join(test.root, '.git/worktrees/task/index.lock'), '');
    expect(await snapshotWorktree(repo, worktree, { ref: REF, message: 'rescue' })).not.toBeNull();
    expect(await test.git(['show', `${REF}:a.txt`])).toContain('<<<<<<<');
    expect(await inspectWorktree(worktree)).toMatchObject({ operation: 'merge' });
  });

  it('keeps the rest if there is a repository inside', async () => {
    await mkdir(join(worktree, 'nested'));
    await test.git(['init', '--quiet'], join(worktree, 'nested'));
    await write('new.txt', 'n\n');
    expect(await snapshotWorktree(repo, worktree, { ref: REF, message: 'rescue' })).not.toBeNull();
    expect(await filesAt(REF)).toEqual(['a.txt', 'b.txt', 'c.txt', 'new.txt']);
  });

  it('writes no ref outside of refs/o8/', async () => {
    await write('new.txt', 'n\n');
    const wrong = snapshotWorktree(repo, worktree, { ref: 'refs/heads/main', message: 'rescue' });
    await expect(wrong).rejects.toThrow('refs/o8/');
  });
});

describe('copyWorktreeIncludes', () => {
  it('copies what the list names and git ignores, with its mode, and nothing else', async () => {
    await test.commit('ignore', {
      '.gitignore': '.env*\n*.key\n/cache/\n',
      '.worktreeinclude': '# mine\n.env*\n!.env.example\ncache/\na.txt\nplain.txt\n',
    });
    await test.write('.env', 'secret\n');
    await chmod(join(test.root, '.env'), 0o600);
    await test.write('app/.env.local ü', 'secret\n');
    await test.write('.env.example', 'e\n');
    await test.write('cache/deep/x', 'x\n');
    await chmod(join(test.root, 'cache/deep/x'), 0o755);
    await test.write('my.key', 'not listed\n');
    await test.write('plain.txt', 'listed, not ignored\n');
    expect(await copyWorktreeIncludes(repo, worktree)).toEqual(['.env', 'app/.env.local ü', 'cache/deep/x']);
    expect(await readFile(join(worktree, '.env'), 'utf8')).toBe('secret\n');
    expect((await stat(join(worktree, '.env'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(worktree, 'cache/deep/x'))).mode & 0o777).toBe(0o755);
    expect(await copyWorktreeIncludes(repo, worktree)).toEqual([]);
  });

  it('copies nothing without a list', async () => {
    await test.commit('ignore', { '.gitignore': '.env\n' });
    await test.write('.env', 'secret\n');
    expect(await copyWorktreeIncludes(repo, worktree)).toEqual([]);
  });

  it('follows no link out of the repository or out of the worktree', async () => {
    await test.commit('ignore', {
      '.gitignore': 'in/\nsafe\nout\nhop\nlinks/\n',
      '.worktreeinclude': 'in/\nsafe\nout\nhop\nlinks/\n',
    });
    await writeFile(join(test.root, '../outside.txt'), 'outside\n');
    await test.write('in/file.txt', 'inside\n');
    await symlink('in/file.txt', join(test.root, 'safe'));
    await symlink('../outside.txt', join(test.root, 'out'));
    await mkdir(join(test.root, 'links'));
    await symlink('../..', join(test.root, 'links/up'));
    await symlink('links/up/outside.txt', join(test.root, 'hop'));
    await symlink('..', join(worktree, 'in')); // put there by the branch
    expect(await copyWorktreeIncludes(repo, worktree)).toEqual(['safe']);
    expect((await lstat(join(worktree, 'safe'))).isSymbolicLink()).toBe(true);
    await expect(lstat(join(worktree, '../file.txt'))).rejects.toThrow('ENOENT');
  });
});

describe('ensureExcluded', () => {
  it('hides files in every worktree, keeps what the user wrote, adds up, and writes once', async () => {
    const exclude = join(test.root, '.git/info/exclude');
    await writeFile(exclude, '# mine\n*.mine');
    await ensureExcluded(repo, ['.claude/parallel/']);
    await ensureExcluded(await openRepository(worktree), [MARKER, '.claude/parallel/']);
    const text = await readFile(exclude, 'utf8');
    expect(text.startsWith('# mine\n*.mine\n')).toBe(true);
    expect(text.split('\n').filter((line) => line === '.claude/parallel/')).toHaveLength(1);
    const { mtimeNs } = await stat(exclude, { bigint: true });
    await ensureExcluded(repo, [MARKER]);
    expect((await stat(exclude, { bigint: true })).mtimeNs).toBe(mtimeNs);
    await write(MARKER, '');
    await test.write('.claude/parallel/x', '');
    expect(await test.git(['status', '--porcelain'], worktree)).toBe('');
    expect(await test.git(['status', '--porcelain'])).toBe('');
    await appendFile(exclude, 'after\n');
    await ensureExcluded(repo, ['another']);
    expect((await readFile(exclude, 'utf8')).endsWith('# o8: end\nafter\n')).toBe(true);
  });
});
