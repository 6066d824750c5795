import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCommit } from '../../../src/git/merge/merge.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { createInverse, findRevert, isOnRemote, subjectOf, trialRevert } from '../../../src/git/merge/revert.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const LINES = Array.from({ length: 20 }, (_, at) => `line ${String(at)}\n`).join('');
const change = (at: number, text: string): string => LINES.replace(`line ${String(at)}\n`, `${text}\n`);

let test: TestRepository;
let repo: Repository;
beforeEach(async () => {
  test = await createRepository({ files: { 'a.txt': LINES, 'b.txt': 'b\n' } });
  repo = await openRepository(test.root);
});
afterEach(async () => test.remove());

async function revertOf(range: { from: string; to: string }): ReturnType<typeof trialRevert> {
  const inverse = await createInverse(repo, { ...range, message: 'Inverse\n' });
  const tip = await test.git(['rev-parse', 'HEAD']);
  return trialRevert(repo, { tip, inverse, scratchDir: join(test.root, '..', 'scratch') });
}

/** What the tip would be like, as a commit to look at. */
async function reverted(range: { from: string; to: string }): Promise<string> {
  const result = await revertOf(range);
  if (result.kind !== 'clean') throw new Error(`not clean: ${JSON.stringify(result)}`);
  return createCommit(repo, { tree: result.tree, parents: [await test.git(['rev-parse', 'HEAD'])], message: 'x\n' });
}

async function photograph(): Promise<unknown> {
  return {
    refs: await test.git(['for-each-ref']),
    status: await test.git(['status', '--porcelain', '--ignored']),
    files: (await readdir(join(test.root, '.git'))).sort((a, b) => (a < b ? -1 : 1)),
  };
}

describe('a trial revert', () => {
  it('reverts exactly the change, of one commit or of many with merges, and keeps later changes', async () => {
    const from = await test.git(['rev-parse', 'HEAD']);
    await test.git(['checkout', '--quiet', '-b', 'side']);
    await test.commit('side', { 'a.txt': change(2, 'side'), 'new.txt': 'new\n' });
    await test.git(['checkout', '--quiet', 'main']);
    await test.git(['merge', '--quiet', '--no-ff', '--no-edit', 'side']);
    await test.git(['rm', '--quiet', 'b.txt']);
    const to = await test.commit('without b');
    await test.commit('later', { 'a.txt': change(2, 'side').replace('line 18\n', 'later\n'), 'c.txt': 'c\n' });
    const before = await photograph();
    const commit = await reverted({ from, to });
    expect(await photograph()).toEqual(before);
    expect(await test.git(['show', `${commit}:a.txt`])).toBe(change(18, 'later').trimEnd());
    expect(await test.git(['ls-tree', '--name-only', commit])).toBe('a.txt\nb.txt\nc.txt');
  });

  it('names the files in which something later is built on the change', async () => {
    const from = await test.git(['rev-parse', 'HEAD']);
    const to = await test.commit('change', { 'a.txt': change(5, 'changed'), 'n.txt': 'n\n' });
    await test.commit('later', { 'a.txt': change(5, 'changed again') });
    expect(await revertOf({ from, to })).toEqual({ kind: 'conflict', files: ['a.txt'] });
  });

  it('is nothing if the change is no longer present', async () => {
    const from = await test.git(['rev-parse', 'HEAD']);
    const to = await test.commit('change', { 'a.txt': change(5, 'changed') });
    await test.git(['revert', '--no-edit', 'HEAD']);
    expect(await revertOf({ from, to })).toEqual({ kind: 'nothing' });
  });

  it('has an inverse that a person can cherry-pick', async () => {
    const from = await test.git(['rev-parse', 'HEAD']);
    await test.commit('one', { 'a.txt': change(5, 'changed') });
    const to = await test.commit('two', { 'n.txt': 'n\n' });
    const inverse = await createInverse(repo, { from, to, message: 'Take it back\n' });
    await test.commit('later', { 'c.txt': 'c\n' });
    await test.git(['cherry-pick', inverse]);
    expect(await test.git(['diff', '--name-only', from, 'HEAD'])).toBe('c.txt');
    expect(await subjectOf(repo, 'HEAD')).toBe('Take it back');
  });
});

describe('the revert of a landing', () => {
  it('is found by its trailers, of a task or of the whole, and not by what a message merely mentions', async () => {
    const landing = await test.commit('landed', { 'n.txt': 'n\n' });
    const find = async (task: string | null) =>
      findRevert(repo, { landing, task, tip: await test.git(['rev-parse', 'HEAD']) });
    await test.commit(`Note\n\nLike O8-Reverts: ${landing} and so on`);
    const ofTask = await test.commit(`Revert\n\nO8-Run: r\nO8-Task: a\nO8-Branch: f\nO8-Reverts: ${landing}`);
    expect(await find(null)).toBeNull();
    const whole = await test.commit(`Revert\n\nbody\n\nO8-Run: r\nO8-Reverts: ${landing}`);
    await test.commit('later');
    expect(await find(null)).toBe(whole);
    expect(await find('a')).toBe(ofTask);
    expect(await find('b')).toBeNull();
  });
});

describe('a commit', () => {
  it('is on a remote when a branch of one, as last seen, contains it', async () => {
    const first = await test.git(['rev-parse', 'HEAD']);
    expect(await isOnRemote(repo, first)).toBe(false);
    await test.git(['update-ref', 'refs/remotes/origin/main', first]);
    const second = await test.commit('second');
    expect(await isOnRemote(repo, first)).toBe(true);
    expect(await isOnRemote(repo, second)).toBe(false);
  });
});
