import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { deleteRemoteBranch, pushBranch } from '../../../src/git/remote/push-branch.js';
import { fetchBranch, remoteAddresses, remoteHead } from '../../../src/git/remote/fetch-branch.js';
import { pinHooks } from '../../../src/git/surroundings/hook-memory.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';
import { gitOutput } from '../../support/git/scratch-git.js';

let test: TestRepository;
let repo: Repository;
let folder: string;
let bare: string;
let first: string;
let second: string;
beforeEach(async () => {
  test = await createRepository({ files: { 'a.txt': 'one\n' } });
  repo = await openRepository(test.root);
  folder = await mkdtemp(join(tmpdir(), 'o8-remote-test-'));
  bare = join(folder, 'shop.git');
  gitOutput(folder, ['init', '--quiet', '--bare', bare]);
  await test.git(['remote', 'add', 'origin', bare]);
  first = await test.git(['rev-parse', 'HEAD']);
  second = await test.commit('second', { 'a.txt': 'two\n' });
});
afterEach(async () => {
  await test.remove();
  await rm(folder, { recursive: true, force: true });
});

const branch = { remote: 'origin', branch: 'agent/one' };
const there = (name = 'agent/one'): string =>
  gitOutput(bare, ['for-each-ref', '--format=%(objectname)', `refs/heads/${name}`]);

/** Somebody else's commit on a branch of the remote, which this repository does not have. */
function others(name: string): string {
  const tree = gitOutput(bare, ['rev-parse', `${first}^{tree}`]);
  const commit = gitOutput(bare, ['commit-tree', tree, '-p', first, '-m', `by somebody else ${String(Math.random())}`]);
  gitOutput(bare, ['update-ref', `refs/heads/${name}`, commit]);
  return commit;
}

async function hook(path: string, script: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

describe('a push', () => {
  it('makes the branch, moves it also backwards, and can be repeated', async () => {
    expect(await pushBranch(repo, { ...branch, expected: null, commit: second })).toEqual({ kind: 'pushed' });
    expect(await pushBranch(repo, { ...branch, expected: null, commit: second })).toEqual({ kind: 'pushed' }); // after a crash
    expect(await pushBranch(repo, { ...branch, expected: second, commit: first })).toEqual({ kind: 'pushed' });
    expect(there()).toBe(first);
  });

  it('leaves what somebody else pushed, made or deleted', async () => {
    await pushBranch(repo, { ...branch, expected: null, commit: first });
    expect(await pushBranch(repo, { ...branch, expected: null, commit: second })).toEqual({
      kind: 'moved',
      actual: first,
    });
    const foreign = others('agent/one');
    expect(await pushBranch(repo, { ...branch, expected: first, commit: second })).toEqual({
      kind: 'moved',
      actual: foreign,
    });
    expect(there()).toBe(foreign);
    gitOutput(bare, ['update-ref', '-d', 'refs/heads/agent/one']);
    expect(await pushBranch(repo, { ...branch, expected: foreign, commit: second })).toEqual({
      kind: 'moved',
      actual: null,
    });
    expect(there()).toBe('');
  });

  it('runs the pre-push hook of the user, wherever it is, and stops when it does', async () => {
    await hook(join(test.root, '.git/hooks/pre-push'), `cat > "${folder}/seen"; echo 'no secrets, please' >&2; exit 1`);
    const refused = { kind: 'refused', why: 'by the pre-push hook: no secrets, please' };
    expect(await pushBranch(repo, { ...branch, expected: null, commit: second })).toEqual(refused);
    expect(there()).toBe('');
    await hook(join(folder, 'hooks/pre-push'), 'exit 0');
    await test.git(['config', 'core.hooksPath', join(folder, 'hooks')]);
    expect(await pushBranch(repo, { ...branch, expected: null, commit: second })).toEqual({ kind: 'pushed' });
  });

  it('does not run a hook that an agent made, and is refused where one was changed', async () => {
    const own = join(test.root, '.git/hooks/pre-push');
    await hook(join(test.root, '.git/hooks/pre-commit'), 'exit 0'); // there are hooks to remember
    await pinHooks(repo);
    await hook(own, `touch "${folder}/agent-was-here"; exit 1`);
    expect(await pushBranch(repo, { ...branch, expected: null, commit: first })).toEqual({ kind: 'pushed' });
    await rm(own);
    await hook(own, 'exit 1');
    await rm(join(test.root, '.git/o8/settings/hooks.json'));
    await pinHooks(repo);
    await hook(own, 'exit 0');
    expect(await pushBranch(repo, { ...branch, expected: first, commit: second })).toEqual({
      kind: 'refused',
      why: `the hook ${own} is not what it was before agents ran`,
    });
    expect(there()).toBe(first);
  });

  it('says what a hook or rule of the remote refused', async () => {
    await hook(join(bare, 'hooks/pre-receive'), `printf 'protected \\033[31mbranch\\n'; exit 1`);
    expect(await pushBranch(repo, { ...branch, expected: null, commit: second })).toEqual({
      kind: 'refused',
      why: 'pre-receive hook declined: protected branch',
    });
  });

  it('says that the remote is not there, without its password, and asks nobody for one', async () => {
    await rm(bare, { recursive: true });
    expect(await pushBranch(repo, { ...branch, expected: null, commit: second })).toMatchObject({
      kind: 'unreachable',
    });
    await test.git(['remote', 'set-url', 'origin', 'http://me:hunter2hunter2@127.0.0.1:1/acme/shop.git']);
    const failed = await pushBranch(repo, { ...branch, expected: null, commit: second });
    expect(failed).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('127.0.0.1') as string });
    expect(JSON.stringify(failed)).not.toContain('hunter2');
    expect(await remoteHead(repo, { remote: 'origin', branch: 'main' })).toMatchObject({ kind: 'unreachable' });
    expect(await remoteHead(repo, { remote: '--upload-pack=touch x', branch: 'main' })).toMatchObject({
      kind: 'unreachable',
    });
  });
});

describe('deleting a branch of the remote', () => {
  it('needs it to be as expected, or gone', async () => {
    await pushBranch(repo, { ...branch, expected: null, commit: first });
    await pushBranch(repo, { ...branch, branch: 'other/agent/one', expected: null, commit: second });
    expect(await deleteRemoteBranch(repo, { ...branch, expected: second })).toEqual({ kind: 'moved', actual: first });
    expect(await deleteRemoteBranch(repo, { ...branch, expected: first })).toEqual({ kind: 'deleted' });
    expect(await deleteRemoteBranch(repo, { ...branch, expected: first })).toEqual({ kind: 'deleted' });
    expect(there('other/agent/one')).toBe(second);
  });
});

describe('a branch of the remote', () => {
  it('is exactly the one that was asked for', async () => {
    await pushBranch(repo, { ...branch, branch: 'x/refs/heads/agent/one', expected: null, commit: second });
    expect(await remoteHead(repo, branch)).toEqual({ kind: 'head', commit: null });
    await pushBranch(repo, { ...branch, expected: null, commit: first });
    expect(await remoteHead(repo, branch)).toEqual({ kind: 'head', commit: first });
  });

  it('is fetched into its remote-tracking branch and nowhere else', async () => {
    await pushBranch(repo, { ...branch, branch: 'main', expected: null, commit: first });
    const foreign = others('main');
    const other = others('other');
    expect(await fetchBranch(repo, { remote: 'origin', branch: 'main' })).toEqual({ kind: 'fetched', commit: foreign });
    const refs = await test.git(['for-each-ref', '--format=%(refname) %(objectname)']);
    expect(refs).toBe(`refs/heads/main ${second}\nrefs/remotes/origin/main ${foreign}`);
    await expect(test.git(['cat-file', '-e', other])).rejects.toThrow();
    await expect(test.git(['rev-parse', '--verify', '--quiet', 'FETCH_HEAD'])).rejects.toThrow();
    expect(await fetchBranch(repo, branch)).toEqual({ kind: 'missing' });
  });
});

it('a remote has the address of its settings, and the one that git makes of it', async () => {
  expect(await remoteAddresses(repo, 'origin')).toEqual([bare]);
  await test.git(['remote', 'add', 'fork', 'hub:me/shop.git']);
  await test.git(['config', 'url.git@github.com:.insteadOf', 'hub:']);
  expect(await remoteAddresses(repo, 'fork')).toEqual(['hub:me/shop.git', 'git@github.com:me/shop.git']);
  expect(await remoteAddresses(repo, 'none')).toEqual([]);
});

describe('fetches at the same time', () => {
  it('of one branch by one process never collide, see what was pushed before they were asked for, and share what waits', async () => {
    await pushBranch(repo, { ...branch, expected: null, commit: first });
    const main = { remote: 'origin', branch: 'main' };
    for (let round = 0; round < 3; round += 1) {
      const before = others('main');
      const running = fetchBranch(repo, main);
      const later = others('main');
      const all = await Promise.all([
        running,
        ...[1, 2, 3, 4].map(async () => fetchBranch(repo, main)),
        fetchBranch(repo, branch),
      ]);
      expect([before, later]).toContain((all[0] as { commit: string }).commit);
      expect(all.slice(1)).toEqual([...Array<unknown>(4).fill({ kind: 'fetched', commit: later }), expect.anything()]);
      expect(all[5]).toEqual({ kind: 'fetched', commit: first });
    }
  });

  it('wait a moment for another git that holds the ref, and say which one it is when it stays', async () => {
    await pushBranch(repo, { ...branch, expected: null, commit: first });
    const lock = join(repo.commonDir, 'refs/remotes/origin/main.lock');
    await mkdir(join(lock, '..'), { recursive: true });
    await writeFile(lock, '');
    const commit = others('main');
    const fetching = fetchBranch(repo, { remote: 'origin', branch: 'main' });
    const removed = delay(300).then(async () => rm(lock));
    expect(await fetching).toEqual({ kind: 'fetched', commit });
    await removed;
    await writeFile(lock, '');
    others('main');
    expect(await fetchBranch(repo, { remote: 'origin', branch: 'main' })).toMatchObject({
      kind: 'unreachable',
      why: expect.stringMatching(/cannot lock ref 'refs\/remotes\/origin\/main'.*main\.lock.*File exists/) as unknown,
    });
  });
});
