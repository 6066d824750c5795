import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitAuthor, createCommit, treeOf, trialMerge } from '../../../src/git/merge/merge.js';
import type { TrialMerge } from '../../../src/git/merge/trial-merge.js';
import { openRepository, type GitVersion, type Repository } from '../../../src/git/door/repository.js';
import { gitOutput } from '../../support/git/scratch-git.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const LINES = Array.from({ length: 20 }, (_, at) => `line ${at}\n`);

let test: TestRepository;
let opened: Repository;
beforeEach(async () => {
  test = await createRepository({
    files: { 'a.txt': LINES.join(''), 'odd "name"\n ü.txt': 'base\n', 'file or folder': 'base\n' },
  });
  opened = await openRepository(test.root);
});
afterEach(async () => test.remove());

/** A commit on `main` that is not in `side`, and one on `side` that is not in `main`. */
async function diverge(ours: Record<string, string>, theirs: Record<string, string>): Promise<void> {
  await test.git(['checkout', '--quiet', '-b', 'side']);
  await test.commit('theirs', theirs);
  await test.git(['checkout', '--quiet', 'main']);
  await test.commit('ours', ours);
}

const scratchTree = (entries: string): Promise<string> => Promise.resolve(gitOutput(test.root, ['mktree'], entries));

async function photograph(): Promise<unknown> {
  return {
    refs: await test.git(['for-each-ref']),
    head: await test.git(['symbolic-ref', 'HEAD']),
    status: await test.git(['status', '--porcelain', '--ignored']),
    worktrees: await test.git(['worktree', 'list']),
    files: (await readdir(join(test.root, '.git'))).sort((a, b) => (a < b ? -1 : 1)),
  };
}

const ways: readonly { name: string; version: Partial<GitVersion> }[] = [
  { name: 'merge-tree', version: {} },
  { name: 'a scratch folder (git before 2.38)', version: { major: 2, minor: 37 } },
];

describe.each(ways)('trialMerge with $name', ({ version }) => {
  async function merge(ours = 'main', theirs = 'side'): Promise<TrialMerge> {
    const repo = { ...opened, version: { ...opened.version, ...version } };
    const scratchDir = join(test.root, '../scratch');
    const before = await photograph();
    const result = await trialMerge(repo, { ours, theirs, scratchDir });
    expect(await photograph()).toEqual(before);
    if (existsSync(scratchDir)) expect(await readdir(scratchDir)).toEqual([]);
    return result;
  }

  it('gives the tree git merge would give, a rename followed', async () => {
    await test.git(['checkout', '--quiet', '-b', 'side']);
    await test.git(['mv', 'a.txt', 'moved.txt']);
    await test.commit('theirs', { 'theirs.txt': 't\n' });
    await test.git(['checkout', '--quiet', 'main']);
    await test.commit('ours', { 'a.txt': ['changed\n', ...LINES.slice(1)].join('') });
    const merged = await merge();
    await test.git(['checkout', '--quiet', '-b', 'check']);
    await test.git(['merge', '--quiet', '--no-ff', '-m', 'check', 'side']);
    expect(merged).toEqual({ kind: 'clean', tree: await test.git(['rev-parse', 'check^{tree}']) });
    expect(await test.git(['show', 'check:moved.txt'])).toContain('changed');
  });

  it('lists the files in conflict with their odd names', async () => {
    await diverge(
      { 'odd "name"\n ü.txt': 'ours\n', 'a.txt': 'ours\n', 'fine.txt': 'f\n' },
      { 'odd "name"\n ü.txt': 'theirs\n', 'a.txt': 'theirs\n' },
    );
    expect(await merge()).toEqual({ kind: 'conflict', files: ['a.txt', 'odd "name"\n ü.txt'] });
  });

  it('lists a file that one side deleted and one that the other side made a folder', async () => {
    await test.git(['checkout', '--quiet', '-b', 'side']);
    await test.git(['rm', '--quiet', 'a.txt', 'file or folder']);
    await test.commit('theirs', { 'file or folder/inner.txt': 't\n' });
    await test.git(['checkout', '--quiet', 'main']);
    await test.commit('ours', { 'a.txt': 'ours\n', 'file or folder': 'ours\n' });
    expect(await merge()).toEqual({ kind: 'conflict', files: ['a.txt', 'file or folder'] });
  });

  it('does not depend on what is in the checkout', async () => {
    await diverge({ 'a.txt': 'ours\n' }, { 'a.txt': 'theirs\n' });
    await test.write('a.txt', 'dirty\n');
    await test.write('.gitattributes', '* merge=union\n');
    expect(await merge()).toEqual({ kind: 'conflict', files: ['a.txt'] });
  });

  it('merges by union, text, binary and the drivers of the user as git does in a checkout', async () => {
    await test.git(['config', 'merge.mine.driver', 'echo driven > %A']);
    await test.git(['config', 'merge.refuses.driver', 'false']);
    const names = [
      'union',
      'text',
      'set',
      'mine',
      'unknown',
      'macro',
      'deep/union',
      'deep/plain',
      'refused',
      'bin',
      'unset',
    ];
    const files = Object.fromEntries(names.map((name) => [name, LINES.join('')]));
    const root = [
      '[attr]both merge=union',
      'union merge=union',
      'text merge=text',
      'set merge',
      'mine merge=mine',
      'unknown merge=unknown',
      'macro both',
      'deep/* merge=union',
      'refused merge=refuses',
      'bin binary',
      'unset -merge',
    ];
    const attributes = { '.gitattributes': `${root.join('\n')}\n`, 'deep/.gitattributes': 'plain !merge\n' };
    await test.commit('attributes', { ...attributes, ...files });
    const change = (which: readonly string[], at: number, text: string) =>
      Object.fromEntries(which.map((name) => [name, LINES.toSpliced(at, 1, `${text}\n`).join('')]));
    const same = ['union', 'mine', 'macro', 'deep/union']; // both change one line
    const apart = ['text', 'set', 'unknown'];
    await diverge(
      { ...change(same, 3, 'ours'), ...change(apart, 1, 'o') },
      { ...change(same, 3, 'theirs'), ...change(apart, 15, 't') },
    );
    const merged = await merge();
    await test.git(['checkout', '--quiet', '-b', 'check']);
    await test.git(['merge', '--quiet', '--no-ff', '-m', 'check', 'side']);
    expect(merged).toEqual({ kind: 'clean', tree: await test.git(['rev-parse', 'check^{tree}']) });
    expect(await test.git(['show', 'check:mine'])).toBe('driven');
    expect(await test.git(['show', 'check:union'])).toContain('ours\ntheirs');

    await test.git(['checkout', '--quiet', 'side']);
    const others = ['refused', 'deep/plain', 'bin', 'unset'];
    await test.commit('theirs again', change(others, 3, 'theirs'));
    await test.git(['checkout', '--quiet', 'main']);
    await test.commit('ours again', change(others, others.length, 'ours'));
    await test.commit('ours at the same line', change(['deep/plain'], 3, 'ours'));
    expect(await merge()).toEqual({ kind: 'conflict', files: ['bin', 'deep/plain', 'refused', 'unset'] });
  });

  it('does not write attributes of a hostile tree outside its folder', async () => {
    const blob = await test.git(['hash-object', '-w', '-t', 'blob', 'a.txt']);
    expect(blob).not.toBe('');
    await test.commit('attributes', { '.gitattributes': 'a.txt merge=union\n' });
    const attributes = await test.git(['rev-parse', 'HEAD:.gitattributes']);
    const up = (await scratchTree(`100644 blob ${attributes}\t.gitattributes\n`)).trim();
    const tree = (await scratchTree(`100644 blob ${attributes}\t.gitattributes\n040000 tree ${up}\t..\n`)).trim();
    const ours = await test.git(['commit-tree', tree, '-p', 'HEAD', '-m', 'up']);
    await test.git(['checkout', '--quiet', '-b', 'side']);
    await test.commit('theirs', { 'a.txt': 'theirs\n' });
    await trialMerge(opened, { ours, theirs: 'side', scratchDir: join(test.root, '../scratch') }).catch(
      () => undefined,
    );
    expect(existsSync(join(tmpdir(), '.gitattributes'))).toBe(false);
  });

  it('does not merge inside a file that our side declares as binary', async () => {
    await test.commit('attributes', { 'deep/.gitattributes': 'lock -merge\n', 'deep/lock': LINES.join('') });
    await diverge(
      { 'deep/lock': ['ours\n', ...LINES.slice(1)].join('') },
      { 'deep/lock': [...LINES.slice(0, -1), 'theirs\n'].join(''), 'deep/.gitattributes': '# nothing\n' },
    );
    expect(await merge()).toEqual({ kind: 'conflict', files: ['deep/lock'] });
  });

  it('takes the same change on both sides for no conflict, whatever the attributes', async () => {
    await test.commit('attributes', { '.gitattributes': 'a.txt -merge\n' });
    await diverge({ 'a.txt': 'same\n', 'o.txt': 'o\n' }, { 'a.txt': 'same\n', 't.txt': 't\n' });
    expect(await merge()).toMatchObject({ kind: 'clean' });
  });

  it('does not let a branch resolve its own conflicts by attributes', async () => {
    await diverge({ 'a.txt': 'ours\n' }, { 'a.txt': 'theirs\n', '.gitattributes': 'a.txt merge=union\n' });
    expect(await merge()).toEqual({ kind: 'conflict', files: ['a.txt'] });
  });

  it('is not helped by a remembered resolution', async () => {
    await test.git(['config', 'rerere.enabled', 'true']);
    await test.git(['config', 'rerere.autoupdate', 'true']);
    await diverge({ 'a.txt': 'ours\n' }, { 'a.txt': 'theirs\n' });
    await expect(test.git(['merge', 'side'])).rejects.toThrow();
    await test.write('a.txt', 'resolved\n');
    await test.commit('resolved');
    await test.git(['reset', '--quiet', '--hard', 'HEAD~1']);
    expect(await merge()).toEqual({ kind: 'conflict', files: ['a.txt'] });
  });

  it('merges criss-cross histories and commits that contain each other', async () => {
    await diverge({ 'o.txt': 'o\n' }, { 't.txt': 't\n' });
    const [ours, theirs] = [await test.git(['rev-parse', 'main']), await test.git(['rev-parse', 'side'])];
    await test.git(['merge', '--quiet', '-m', 'one', theirs]);
    await test.git(['checkout', '--quiet', 'side']);
    await test.git(['merge', '--quiet', '-m', 'two', ours]);
    await test.commit('more', { 'more.txt': 'm\n' });
    await test.git(['checkout', '--quiet', 'main']);
    const tree = await test.git(['rev-parse', 'side^{tree}']);
    expect(await merge()).toEqual({ kind: 'clean', tree });
    expect(await merge('side', ours)).toEqual({ kind: 'clean', tree });
  });

  it('rejects unrelated histories, and names that are not commits', async () => {
    const orphan = await test.git(['commit-tree', 'HEAD^{tree}', '-m', 'orphan']);
    await expect(merge('main', orphan)).rejects.toThrow('shares no history');
    await expect(merge('main', 'nope')).rejects.toThrow('nope is not a commit');
  });
});

describe('createCommit', () => {
  it('keeps message, parents and author, and moves no ref', async () => {
    await test.git(['config', 'commit.gpgsign', 'true']);
    const head = await test.git(['rev-parse', 'HEAD']);
    const author = { name: 'Änn Agent', email: 'ann@example.invalid', date: '1700000000 +0130' };
    const message = '# kept ü\n\nbody\n';
    const commit = await createCommit(opened, { tree: await treeOf(opened, head), parents: [head], message, author });
    expect(await commitAuthor(opened, commit)).toEqual(author);
    expect(await test.git(['log', '-1', '--format=%B', commit])).toBe(message);
    expect(await test.git(['log', '-1', '--format=%P %cn', commit])).toBe(`${head} Test`);
    expect(await test.git(['rev-parse', 'HEAD'])).toBe(head);
  });

  it('commits as o8 where the user has told git no name', async () => {
    await test.git(['config', 'user.email', '']);
    const head = await test.git(['rev-parse', 'HEAD']);
    const commit = await createCommit(opened, { tree: await treeOf(opened, head), parents: [], message: 'm' });
    expect(await test.git(['log', '-1', '--format=%an <%ae> %cn <%ce>', commit])).toBe(
      'o8 <o8@localhost> o8 <o8@localhost>',
    );
  });
});
