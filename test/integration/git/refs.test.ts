import { afterEach, beforeEach, expect, it } from 'vitest';
import { changedPaths, countCommits } from '../../../src/git/diff/changes.js';
import {
  advanceRef,
  createRef,
  deleteRef,
  isAncestor,
  listRefs,
  mergeBase,
  pinRef,
  resolveCommit,
} from '../../../src/git/refs/refs.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

let test: TestRepository;
let repo: Repository;
let first: string;
let second: string;
beforeEach(async () => {
  test = await createRepository({ files: { 'a.txt': 'one\n' } });
  repo = await openRepository(test.root);
  first = await test.git(['rev-parse', 'HEAD']);
  second = await test.commit('second', { 'a.txt': 'two\n' });
});
afterEach(async () => test.remove());

it('resolves names of commits and nothing else', async () => {
  await test.git(['tag', '-a', '-m', 'tag', 'v1', first]);
  expect(await resolveCommit(repo, 'refs/heads/main')).toBe(second);
  expect(await resolveCommit(repo, 'v1')).toBe(first);
  for (const name of ['refs/heads/nope', '', '--all', 'a b', '..', 'HEAD:a.txt', 'f'.repeat(40)]) {
    expect(await resolveCommit(repo, name)).toBeNull();
  }
});

it('answers ancestry by exit code and rejects names that are not commits', async () => {
  expect(await isAncestor(repo, first, second)).toBe(true);
  expect(await isAncestor(repo, second, second)).toBe(true);
  expect(await isAncestor(repo, second, first)).toBe(false);
  await expect(isAncestor(repo, 'f'.repeat(40), first)).rejects.toMatchObject({ code: 'git_failed' });
});

it('creates a ref once', async () => {
  expect(await createRef(repo, 'refs/heads/new', first)).toBe(true);
  expect(await createRef(repo, 'refs/heads/new', first)).toBe(true);
  expect(await createRef(repo, 'refs/heads/new', second)).toBe(false);
  expect(await resolveCommit(repo, 'refs/heads/new')).toBe(first);
  const under = createRef(repo, 'refs/heads/new/below', first);
  await expect(under).rejects.toMatchObject({ code: 'git_failed' });
});

it('advances a ref only from the expected commit', async () => {
  await createRef(repo, 'refs/heads/target', first);
  expect(await advanceRef(repo, 'refs/heads/target', { from: second, to: second })).toBe(false);
  expect(await advanceRef(repo, 'refs/heads/gone', { from: first, to: second })).toBe(false);
  expect(await advanceRef(repo, 'refs/heads/target', { from: first, to: second })).toBe(true);
  expect(await resolveCommit(repo, 'refs/heads/target')).toBe(second);
});

it('lets exactly one of many concurrent updates of a ref succeed', async () => {
  await createRef(repo, 'refs/heads/target', first);
  const commits = await Promise.all(
    Array.from({ length: 8 }, (_, at) => test.git(['commit-tree', 'HEAD^{tree}', '-p', first, '-m', String(at)])),
  );
  const advance = async (to: string): Promise<boolean> => {
    try {
      return await advanceRef(repo, 'refs/heads/target', { from: first, to });
    } catch {
      return false; // met the ref's lock file
    }
  };
  const won = await Promise.all(commits.map(advance));
  expect(won.filter(Boolean)).toHaveLength(1);
  expect(await resolveCommit(repo, 'refs/heads/target')).toBe(commits[won.indexOf(true)]);
});

it('pins only under refs/o8/', async () => {
  await pinRef(repo, 'refs/o8/rescue/run-1/a/1', first);
  await pinRef(repo, 'refs/o8/rescue/run-1/a/1', second);
  await pinRef(repo, 'refs/o8/rescue/run-10/a/1', first);
  expect(await listRefs(repo, 'refs/o8/rescue/run-1')).toEqual([{ ref: 'refs/o8/rescue/run-1/a/1', commit: second }]);
  await expect(pinRef(repo, 'refs/heads/main', first)).rejects.toThrow('refs/o8/');
});

it('deletes a ref only at the expected commit', async () => {
  await createRef(repo, 'refs/heads/old', first);
  expect(await deleteRef(repo, 'refs/heads/old', second)).toBe(false);
  expect(await resolveCommit(repo, 'refs/heads/old')).toBe(first);
  expect(await deleteRef(repo, 'refs/heads/old', first)).toBe(true);
  expect(await deleteRef(repo, 'refs/heads/old', first)).toBe(true);
});

it('finds the common ancestor and none if there is none', async () => {
  const side = await test.git(['commit-tree', 'HEAD^{tree}', '-p', first, '-m', 'side']);
  const orphan = await test.git(['commit-tree', 'HEAD^{tree}', '-m', 'orphan']);
  expect(await mergeBase(repo, side, second)).toBe(first);
  expect(await mergeBase(repo, orphan, second)).toBeNull();
});

it('lists changed paths of every kind with odd names', async () => {
  const from = await test.commit('before', {
    'moved.txt': 'long enough to be found again\n'.repeat(20),
    'deleted.txt': 'd',
    'type.txt': 't',
  });
  await test.git(['mv', 'moved.txt', 'to "here"\n.txt']);
  await test.git(['rm', '--quiet', 'deleted.txt', 'type.txt']);
  await test.git(['config', 'core.symlinks', 'true']);
  await test.git([
    'update-index',
    '--add',
    '--cacheinfo',
    `120000,${await test.git(['rev-parse', 'HEAD:a.txt'])},type.txt`,
  ]);
  await test.git(['checkout', '--', 'type.txt']);
  const to = await test.commit('after', { 'a.txt': 'three\n', 'ädded.txt': 'x' });
  const changes = await changedPaths(repo, from, to);
  expect(changes.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
    { path: 'a.txt', status: 'modified', oldPath: null },
    { path: 'deleted.txt', status: 'deleted', oldPath: null },
    { path: 'to "here"\n.txt', status: 'renamed', oldPath: 'moved.txt' },
    { path: 'type.txt', status: 'type_changed', oldPath: null },
    { path: 'ädded.txt', status: 'added', oldPath: null },
  ]);
  expect(await changedPaths(repo, to, to)).toEqual([]);
  expect(await countCommits(repo, first, to)).toBe(3);
  expect(await countCommits(repo, to, first)).toBe(0);
});
