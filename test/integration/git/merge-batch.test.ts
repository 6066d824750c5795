import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trialMerges, type BatchedMerge, type MergeSides } from '../../../src/git/merge/merge-batch.js';
import { trialMerge } from '../../../src/git/merge/merge.js';
import { openRepository, type GitVersion, type Repository } from '../../../src/git/door/repository.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const LINES = Array.from({ length: 20 }, (_, at) => `line ${String(at)}\n`);
const FIRST_CHANGED = ['first\n', ...LINES.slice(1)].join('');
const LAST_CHANGED = [...LINES.slice(0, -1), 'last\n'].join('');

let test: TestRepository;
let opened: Repository;
beforeEach(async () => {
  test = await createRepository({
    files: {
      'a.txt': LINES.join(''),
      'odd "name"\n ü.txt': 'base\n',
      'file or folder': 'base\n',
      'image.png': 'png\0base\n',
      'union.txt': 'base\n',
      'deep/lock': LINES.join(''),
      '.gitattributes': 'union.txt merge=union\n*.png binary\n',
      'deep/.gitattributes': 'lock -merge\n',
    },
  });
  opened = await openRepository(test.root);
});
afterEach(async () => test.remove());

/** A commit on top of `main` that nothing else has, made where no branch is moved. */
async function branch(files: Record<string, string>, prepare: readonly (readonly string[])[] = []): Promise<string> {
  await test.git(['checkout', '--quiet', '--detach', 'main']);
  for (const args of prepare) await test.git(args);
  const commit = await test.commit('work', files);
  await test.git(['checkout', '--quiet', 'main']);
  return commit;
}

async function photograph(): Promise<Record<string, string>> {
  return {
    objects: await test.git(['count-objects']),
    refs: await test.git(['for-each-ref']),
    status: await test.git(['--no-optional-locks', 'status', '--porcelain', '--ignored']),
    folder: (await readdir(join(test.root, '.git'))).sort().join(),
  };
}

function allPairs(commits: readonly string[]): MergeSides[] {
  return commits.flatMap((ours, at) => commits.slice(at + 1).map((theirs) => ({ ours, theirs })));
}

async function oneByOne(repo: Repository, pairs: readonly MergeSides[], scratchDir: string): Promise<BatchedMerge[]> {
  const results: BatchedMerge[] = [];
  for (const sides of pairs) {
    results.push(
      await trialMerge(repo, { ...sides, scratchDir }).catch((error: unknown): BatchedMerge => {
        expect(String(error)).toContain('shares no history');
        return { kind: 'unrelated' };
      }),
    );
  }
  return results;
}

async function everyKindOfWork(): Promise<string[]> {
  return [
    await test.git(['rev-parse', 'main']),
    await branch({ 'new.txt': 'new\n' }),
    await branch({ 'a.txt': FIRST_CHANGED }),
    await branch({ 'a.txt': LAST_CHANGED, 'odd "name"\n ü.txt': 'one\n' }),
    await branch({ 'a.txt': 'all of it\n', 'odd "name"\n ü.txt': 'two\n' }),
    await branch({ 'other.txt': 'o\n' }, [['mv', 'a.txt', 'moved.txt']]),
    await branch({ 'deep/new in a folder': 'n\n' }),
    await branch({}, [['mv', 'deep', 'moved folder']]),
    await branch({ 'image.png': 'png\0one\n' }),
    await branch({ 'image.png': 'png\0two\n' }),
    await branch({ 'union.txt': 'one\nbase\n' }),
    await branch({ 'union.txt': 'two\nbase\n', 'deep/lock': FIRST_CHANGED }),
    await branch({ 'deep/lock': LAST_CHANGED }),
    await branch({ 'deep/lock': LAST_CHANGED, 'deep/.gitattributes': '# nothing\n' }),
    await branch({ 'a.txt': FIRST_CHANGED, '.gitattributes': 'a.txt -merge\n' }),
    await branch({ 'file or folder': 'changed\n' }),
    await branch({ 'file or folder/inner.txt': 'i\n' }, [['rm', '--quiet', 'file or folder']]),
    await test.git(['commit-tree', 'main^{tree}', '-m', 'orphan']),
  ];
}

// The old way is one by one itself, and slow: a part of the pairs is enough.
const ways: readonly { name: string; version: Partial<GitVersion>; every: number }[] = [
  { name: 'one process', version: {}, every: 1 },
  { name: 'a scratch folder each (git before 2.38)', version: { major: 2, minor: 37 }, every: 8 },
];

describe.each(ways)('trialMerges in $name', ({ version, every }) => {
  it('gives for each pair what trialMerge gives for it, both ways round', { timeout: 120_000 }, async () => {
    const repo = { ...opened, version: { ...opened.version, ...version } };
    const scratchDir = join(test.root, '../scratch');
    const forth = allPairs(await everyKindOfWork());
    const all = [...forth, ...forth.map(({ ours, theirs }) => ({ ours: theirs, theirs: ours }))];
    const pairs = all.filter((_, at) => at % every === 0);
    const before = await photograph();
    const results = await trialMerges(repo, pairs);
    expect(await photograph()).toEqual({
      ...before,
      ...(every === 1 ? {} : { objects: expect.anything() as unknown }),
    });
    expect(results).toEqual(await oneByOne(repo, pairs, scratchDir));
    const kinds = results.map(({ kind }) => kind);
    for (const kind of ['clean', 'conflict', 'unrelated']) expect(kinds).toContain(kind);
  });
});

describe('trialMerges', () => {
  it('names files in conflict as people know them', async () => {
    const [, , , odd1, odd2, , , , png1, png2, union1, union2, lock1, , , file, folder] = await everyKindOfWork();
    const pair = (ours = '', theirs = ''): MergeSides => ({ ours, theirs });
    const pairs = [pair(odd1, odd2), pair(png1, png2), pair(union1, union2), pair(union2, lock1), pair(file, folder)];
    expect(await trialMerges(opened, pairs)).toEqual([
      { kind: 'conflict', files: ['a.txt', 'odd "name"\n ü.txt'] },
      { kind: 'conflict', files: ['image.png'] },
      { kind: 'clean', tree: expect.any(String) as string },
      { kind: 'conflict', files: ['deep/lock'] },
      { kind: 'conflict', files: ['file or folder'] },
    ]);
  });

  it('sees what both sides changed since they parted, however far behind the others are', async () => {
    const old = await branch({ 'old.txt': 'o\n' });
    await test.commit('lock moves on', { 'deep/lock': `${LINES.join('')}more\n` });
    const [one, two] = [
      await branch({ 'deep/lock': `${FIRST_CHANGED}more\n` }),
      await branch({ 'deep/lock': `${LAST_CHANGED}more\n` }),
    ];
    const merged = await trialMerges(opened, allPairs([old, one, two]));
    expect(merged.map(({ kind }) => kind)).toEqual(['clean', 'clean', 'conflict']);
  });

  it('continues after pairs that share no history', async () => {
    const orphan = await test.git(['commit-tree', 'main^{tree}', '-m', 'orphan']);
    const [main, work] = [await test.git(['rev-parse', 'main']), await branch({ 'new.txt': 'n\n' })];
    const merged = await trialMerges(opened, allPairs([orphan, main, work]));
    expect(merged.map(({ kind }) => kind)).toEqual(['unrelated', 'unrelated', 'clean']);
  });

  it('returns nothing for no pairs, and rejects names that are not commits', async () => {
    expect(await trialMerges(opened, [])).toEqual([]);
    const [ours, theirs] = [await test.git(['rev-parse', 'main']), '1'.repeat(40)];
    await expect(trialMerges(opened, [{ ours, theirs }])).rejects.toThrow('git merge-');
  });

  it('gives up after its time limit', async () => {
    const [ours, theirs] = [await branch({ 'a.txt': 'a\n' }), await branch({ 'a.txt': 'b\n' })];
    await expect(trialMerges(opened, [{ ours, theirs }], { withinMs: 0 })).rejects.toMatchObject({
      code: 'timed_out',
    });
  });
});
