import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atStake, type AtStake } from '../../../../src/git/kept/at-stake.js';
import { mendPointer } from '../../../../src/git/kept/mend-pointer.js';
import { removeWithWorktrees, rescueStake, type Rescued } from '../../../../src/git/kept/remove-kept.js';
import { moveAside } from '../../../../src/git/kept/move-aside.js';
import { ownReason } from '../../../../src/git/worktrees/own-worktree.js';
import { openRepository, type Repository } from '../../../../src/git/door/repository.js';
import { addWorktree } from '../../../../src/git/worktrees/worktrees.js';
import { inTurn } from '../../../support/waiting/in-turn.js';
import { createRepository, type TestRepository } from '../../../support/git/repository.js';

const REF = 'refs/o8/rescue/run/task/1';
const USER = ['-c', 'user.name=x', '-c', 'user.email=x@x', '-c', 'protocol.file.allow=always'];

let test: TestRepository;
let repo: Repository;
let worktree: string;
let since: number;
beforeEach(async () => {
  test = await createRepository({
    files: {
      'a.txt': 'a\n',
      'b.txt': 'b\n',
      'build/tracked.sh': '',
      '.gitignore': 'vendor/\n*.local\nnode_modules/\nsecrets/\ndist/\n',
    },
  });
  repo = await openRepository(test.root);
  worktree = join(test.root, '../workspaces/task');
  const start = await test.git(['rev-parse', 'HEAD']);
  await addWorktree(repo, inTurn(), {
    path: worktree,
    branch: 'feature/task',
    start,
    reason: ownReason('run', 'task'),
  });
  since = 0;
});
afterEach(async () => {
  execFileSync('chmod', ['-R', 'u+rwx', dirname(test.root)]);
  await test.remove();
});

async function git(folder: string, ...args: string[]): Promise<string> {
  return test.git([...USER, ...args], join(worktree, folder));
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(worktree, path)), { recursive: true });
  await writeFile(join(worktree, path), content);
}

async function newRepository(path: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  await mkdir(join(worktree, path), { recursive: true });
  await git(path, 'init', '--quiet');
  for (const [name, content] of Object.entries(files)) await write(join(path, name), content);
}

async function newCommit(path: string, file = 'inner.txt'): Promise<string> {
  await write(join(path, file), `${file} ${path}\n`);
  await git(path, 'add', file);
  await git(path, 'commit', '--quiet', '-m', 'inner');
  return git(path, 'rev-parse', 'HEAD');
}

async function look(): Promise<AtStake> {
  return atStake(repo, worktree, since);
}

async function whatStays(): Promise<Record<string, string>> {
  const { stays } = await look();
  return Object.fromEntries(stays.map(({ path, why }) => [path, why]));
}

async function rescueNow(): Promise<Rescued> {
  return rescueStake(repo, worktree, await look(), { ref: REF, branch: 'feature/task', message: 'rescue\n' });
}

describe('repositories in a worktree', () => {
  it('keep it when they have commits, changes or stash entries that are nowhere else, wherever they are', async () => {
    await newRepository('vendor/lib');
    await newCommit('vendor/lib');
    await newRepository('node_modules/deep/er', { 'new.txt': 'n\n' });
    await newRepository('build'); // in a folder with tracked files git shows nothing of it
    await newCommit('build');
    await test.git(['init', '--quiet', '--bare', join(worktree, 'vendor/hub.git')]);
    await git('vendor/lib', 'push', '--quiet', join(worktree, 'vendor/hub.git'), 'HEAD:main');
    await newRepository('secrets/stash');
    const first = await newCommit('secrets/stash');
    await write('secrets/stash/inner.txt', 'changed\n');
    await git('secrets/stash', 'stash');
    expect(first).not.toBe('');
    await mkdir(join(worktree, 'vendor/broken'));
    await write('vendor/broken/.git', 'gitdir: /nowhere\n');
    expect(await whatStays()).toEqual({
      build: 'is a nested repository with commits that are on no remote, uncommitted work in 1 file',
      'node_modules/deep/er': 'is a nested repository with uncommitted work in 1 file',
      'secrets/stash': 'is a nested repository with stash entries',
      'vendor/broken': 'has a .git that points to no repository',
      'vendor/hub.git': 'is a nested repository with commits that are on no remote',
      'vendor/lib': 'is a nested repository with commits that are on no remote',
    });
  });

  it('do not when all their commits are on a remote or there are none, except for files added since', async () => {
    const origin = join(test.root, '../origin');
    await test.git(['init', '--quiet', origin]);
    await test.git([...USER, 'commit', '--quiet', '--allow-empty', '-m', 'x'], origin);
    await test.git([...USER, 'tag', 'v1'], origin);
    await mkdir(join(worktree, 'vendor'));
    await git('vendor', 'clone', '--quiet', origin, 'clean');
    await newRepository('vendor/empty');
    await mkdir(join(worktree, 'node_modules'));
    await git('node_modules', 'clone', '--quiet', '--depth', '1', '--branch', 'v1', `file://${origin}`, 'tool');
    await git('node_modules', 'clone', '--quiet', '--mirror', origin, 'cache.git');
    expect(await whatStays()).toEqual({});
    await newCommit('node_modules/tool');
    await git('vendor/clean', 'branch', 'other');
    await git('vendor/clean', 'commit', '--quiet', '--allow-empty', '-m', 'y');
    expect(Object.keys(await whatStays()).sort()).toEqual(['node_modules/tool', 'vendor/clean']);
  });

  it('run nothing that their own settings name', async () => {
    const proof = join(test.root, '../ran');
    const program = `touch ${proof}; cat`;
    await newRepository('vendor/lib');
    await newCommit('vendor/lib');
    await write('vendor/lib/.gitattributes', '* filter=x\n');
    for (const [key, value] of [
      ['core.fsmonitor', `touch ${proof}`],
      ['filter.x.clean', program],
      ['filter.x.smudge', program],
    ] as const) {
      await git('vendor/lib', 'config', key, value);
    }
    await write('vendor/lib/inner.txt', 'changed\n');
    expect(await whatStays()).toHaveProperty(['vendor/lib']);
    expect(existsSync(proof)).toBe(false);
  });

  it('that are submodules keep it only for commits that are on no remote, even when no longer checked out', async () => {
    const origin = join(test.root, '../origin');
    await test.git(['init', '--quiet', origin]);
    await test.git([...USER, 'commit', '--quiet', '--allow-empty', '-m', 'x'], origin);
    await git('', 'submodule', '--quiet', 'add', origin, 'sub');
    await git('', 'commit', '--quiet', '-m', 'sub');
    expect(await whatStays()).toEqual({});
    await newCommit('sub');
    expect(await whatStays()).toEqual({ sub: expect.stringMatching(/commits that are on no remote/) as unknown });
    await git('', 'submodule', '--quiet', 'deinit', '--force', 'sub');
    expect(Object.values(await whatStays())).toEqual([
      expect.stringMatching(/^is the git folder of a submodule with commits/),
    ]);
    await rm(worktree, { recursive: true });
    expect(Object.values(await whatStays())).toEqual([
      expect.stringMatching(/^is the git folder of a submodule with commits/),
    ]);
  });
});

describe('worktrees of the same repository in a worktree', () => {
  it('keep it with uncommitted work or commits on no branch; clean ones are removed and unregistered with it', async () => {
    await git('', 'worktree', 'add', '--quiet', 'vendor/dirty', '-b', 'dirty');
    await write('vendor/dirty/precious.txt', 'p\n');
    await git('', 'worktree', 'add', '--quiet', '--detach', 'vendor/detached');
    await newCommit('vendor/detached');
    await git('', 'worktree', 'add', '--quiet', '.wt/clean', '-b', 'clean');
    await newCommit('.wt/clean');
    expect(await whatStays()).toEqual({
      'vendor/dirty': 'is a worktree of this repository with uncommitted work in 1 file',
      'vendor/detached': 'is a worktree of this repository with commits that are on no branch',
    });
    for (const name of ['vendor/dirty', 'vendor/detached']) await git('', 'worktree', 'remove', '--force', name);
    const stake = await look();
    expect(stake.stays).toEqual([]);
    await removeWithWorktrees(repo, inTurn(), worktree, stake);
    expect(await test.git(['worktree', 'list', '--porcelain'])).not.toMatch(/prunable|clean/);
    expect(await test.git(['log', '-1', '--format=%s', 'clean'])).toBe('inner');
  });

  it('and submodules are still found after it was moved aside', async () => {
    const origin = join(test.root, '../origin');
    await test.git(['init', '--quiet', origin]);
    await test.git([...USER, 'commit', '--quiet', '--allow-empty', '-m', 'x'], origin);
    await git('', 'submodule', '--quiet', 'add', origin, 'sub');
    await git('', 'worktree', 'add', '--quiet', 'vendor/dirty', '-b', 'dirty');
    await write('vendor/dirty/precious.txt', 'p\n');
    await moveAside(repo, inTurn(), { path: worktree, branch: 'feature/task', suffix: '.before' });
    expect(await test.git(['worktree', 'list', '--porcelain'])).not.toContain('prunable');
    expect(await test.git(['status', '--porcelain'], `${worktree}.before/vendor/dirty`)).toBe('?? precious.txt');
    expect(await test.git(['rev-parse', '--show-toplevel'], `${worktree}.before/sub`)).toBe(`${worktree}.before/sub`);
  });
});

describe('work that is not in a commit', () => {
  it('is rescued: ignored files, but no build output; files it was told not to watch; commits on no branch', async () => {
    await write('build.local', 'secret\n');
    await write('secrets/deep/key\nnew.pem', 'key\n');
    await symlink('deep', join(worktree, 'secrets/link'));
    await write('node_modules/x/index.js', 'x\n');
    await write('secrets/node_modules/y.js', 'y\n');
    await write('dist/x.js', 'x\n');
    await write('build/own.local', 'own\n');
    execFileSync('mkfifo', [join(worktree, 'secrets/pipe')]);
    await git('', 'update-index', '--assume-unchanged', 'a.txt');
    await write('a.txt', 'hidden\n');
    await git('', 'checkout', '--quiet', '--detach');
    const left = await newCommit('');
    await git('', 'checkout', '--quiet', 'feature/task');
    const { refs, notes } = await rescueNow();
    expect(refs).toEqual([REF, `${REF}-${left.slice(0, 12)}`]);
    const files = (await test.git(['diff', '-z', '--name-status', 'feature/task', REF]))
      .split('\0')
      .filter((part) => part !== '');
    expect(files).toEqual([
      ...[
        'M',
        'a.txt',
        'A',
        'build.local',
        'A',
        'build/own.local',
        'A',
        'secrets/deep/key\nnew.pem',
        'A',
        'secrets/link',
      ],
    ]);
    expect(await test.git(['show', `${REF}:build.local`])).toBe('secret');
    expect(notes).toEqual([
      expect.stringMatching(
        /^4 ignored files are kept as refs\/o8\/rescue\/run\/task\/1: build\/own\.local, build\.local, .*\\u\{a\}.* and 1 more \(git show /,
      ),
      expect.stringMatching(/^changes git was told not to look at .*: a\.txt/),
      expect.stringMatching(/^a commit that is on no branch is kept as/),
    ]);
    // Again: nothing new beside them, and the commit is on a ref now.
    expect((await rescueNow()).refs).toEqual([REF]);
    expect((await test.git(['for-each-ref', 'refs/o8/rescue'])).split('\n')).toHaveLength(2);
  });

  it('is rescued even from a folder with the name of the completion marker; a file of that name is not work', async () => {
    await test.git(['config', 'core.excludesFile', join(test.root, '../excludes')]);
    await writeFile(join(test.root, '../excludes'), '/.claude-task-complete\n');
    await write('.claude-task-complete', 'done\n');
    expect((await rescueNow()).refs).toEqual([]);
    await rm(join(worktree, '.claude-task-complete'));
    await write('.claude-task-complete/notes.txt', 'kept\n');
    expect((await rescueNow()).refs).toEqual([REF]);
    expect(await test.git(['show', `${REF}:.claude-task-complete/notes.txt`])).toBe('kept');
  });

  it('ignores what existed when the worktree was ready', async () => {
    await write('before.local', 'from setup\n');
    await write('changed.local', 'from setup\n');
    await new Promise((done) => setTimeout(done, 20)); // file systems count in steps of some milliseconds
    since = Date.now();
    await new Promise((done) => setTimeout(done, 20));
    await write('changed.local', 'by the agent\n');
    await write('new.local', 'by the agent\n');
    expect([...(await look()).ignored].sort()).toEqual(['changed.local', 'new.local']);
  });

  it('keeps the worktree when it is more than 10 MB or cannot be read', async () => {
    await write('small.local', 's\n');
    await write('data.local', '');
    await truncate(join(worktree, 'data.local'), 11 * 1024 * 1024);
    await write('secrets/closed/key', 'k\n');
    await chmod(join(worktree, 'secrets/closed'), 0o000);
    const readable = process.getuid?.() === 0; // root may look into everything
    expect(await whatStays()).toEqual({
      'data.local': expect.stringMatching(/^and \d more ignored files? created after setup, 11 MB in total/) as unknown,
      ...(readable ? {} : { 'secrets/closed': 'cannot be read' }),
    });
    expect((await look()).ignored).toEqual([]);
  });

  it('is kept with what is staged and changed again, and when a filter fails', async () => {
    await write('a.txt', 'draft\n');
    await git('', 'add', 'a.txt');
    await write('a.txt', 'final\n');
    await write('.gitattributes', '*.bin filter=broken\n');
    await test.git(['config', 'filter.broken.clean', 'false']);
    await test.git(['config', 'filter.broken.required', 'true']);
    await write('new.bin', 'bytes\n');
    await rm(join(worktree, 'b.txt'));
    expect((await rescueNow()).refs).toEqual([REF]);
    expect(await test.git(['show', `${REF}:a.txt`])).toBe('final');
    expect(await test.git(['show', `${REF}^2:a.txt`])).toBe('draft');
    expect(await test.git(['show', `${REF}:new.bin`])).toBe('bytes');
    expect(await test.git(['ls-tree', '--name-only', REF])).not.toContain('b.txt');
  });

  it('never takes the place of what was rescued before', async () => {
    await write('a.txt', 'first\n');
    await rescueNow();
    await write('a.txt', 'second\n');
    const { refs } = await rescueNow();
    expect(refs).toEqual([expect.stringMatching(new RegExp(`^${REF}-[0-9a-f]{12}$`))]);
    expect(await test.git(['show', `${REF}:a.txt`])).toBe('first');
  });
});

describe('a worktree whose .git was deleted', () => {
  it('stays, and the run that created it restores its .git file', async () => {
    await write('new.txt', 'n\n');
    await rm(join(worktree, '.git'));
    expect(await whatStays()).toEqual({ [worktree]: 'is no longer a git worktree and contains files' });
    expect(await mendPointer(repo, worktree, 'other')).toBe(false);
    expect(await mendPointer(repo, worktree, 'run')).toBe(true);
    expect((await look()).found.changes).toEqual([{ path: 'new.txt', untracked: true }]);
  });
});
