import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentThere } from '../../../src/git/merge/content-there.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

let test: TestRepository;
let repo: Repository;
beforeEach(async () => {
  test = await createRepository({ files: { 'a.txt': 'one\ntwo\nthree\n', lock: 'base\n', 'old.txt': 'old\n' } });
  repo = await openRepository(test.root);
  await test.git(['checkout', '--quiet', '-b', 'work']);
  await test.commit('first', { 'new.txt': 'new\n', 'a.txt': 'ONE\ntwo\nthree\n' });
  await test.git(['rm', '--quiet', 'old.txt']);
  await test.commit('second', { 'more.txt': 'more\n' });
  await test.git(['checkout', '--quiet', 'main']);
});
afterEach(async () => test.remove());

const commitOf = (name: string): Promise<string> => test.git(['rev-parse', name]);
const there = async (): Promise<string | null> => contentThere(repo, await commitOf('work'), await commitOf('main'));
const squash = async (): Promise<string> => {
  await test.git(['merge', '--quiet', '--squash', 'work']);
  await test.commit('squashed');
  return commitOf('main');
};

describe('work is on the branch without a merge', () => {
  it('when it was squashed, also with other commits before and other changes to its files after', async () => {
    await test.commit('before', { 'mine.txt': 'mine\n' });
    const commit = await squash();
    expect(await there()).toBe(commit);
    await test.commit('after', { 'new.txt': 'changed\n', 'a.txt': 'ONE\ntwo\nthree\nfour\n' });
    expect(await there()).toBe(commit);
  });

  it('when it was cherry-picked or rebased, from the last commit on', async () => {
    await test.commit('before', { 'mine.txt': 'mine\n' });
    await test.git(['cherry-pick', 'work~1']);
    expect(await there()).toBeNull();
    await test.commit('between', { 'mine.txt': 'again\n' });
    await test.git(['cherry-pick', 'work']);
    const commit = await commitOf('main');
    await test.commit('after', { 'more.txt': 'changed\n' });
    expect(await there()).toBe(commit);
  });
});

describe('work is not on the branch', () => {
  it('when it was never added, or contains no changes', async () => {
    await test.commit('mine', { 'mine.txt': 'mine\n' });
    expect(await there()).toBeNull();
    await test.git(['branch', '--quiet', '--force', 'work', 'main~1']);
    expect(await there()).toBeNull();
  });

  it('when a part of it is missing or was changed before it was committed', async () => {
    await test.git(['merge', '--quiet', '--squash', 'work']);
    await test.git(['rm', '--quiet', '-f', 'more.txt']);
    await test.commit('part');
    expect(await there()).toBeNull();
    await test.git(['reset', '--quiet', '--hard', 'HEAD~1']);
    await test.git(['merge', '--quiet', '--squash', 'work']);
    await test.commit('changed', { 'new.txt': 'other\n' });
    expect(await there()).toBeNull();
  });

  it('when it was reverted since', async () => {
    await squash();
    await test.git(['revert', '--no-edit', 'HEAD']);
    expect(await there()).toBeNull();
  });

  it('when a merge driver keeps our side whatever theirs is', async () => {
    await test.git(['config', 'merge.ours.driver', 'true']);
    await test.commit('attributes', { '.gitattributes': 'lock merge=ours\n' });
    await test.git(['checkout', '--quiet', '-b', 'locks']);
    await test.commit('lock', { lock: 'theirs\n' });
    await test.git(['checkout', '--quiet', 'main']);
    await test.commit('mine', { 'mine.txt': 'mine\n' });
    expect(await contentThere(repo, await commitOf('locks'), await commitOf('main'))).toBeNull();
  });
});
