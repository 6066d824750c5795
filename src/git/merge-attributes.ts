import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git, tryGit } from './execute.js';
import type { MergeSides } from './merge.js';
import { mergeBase } from './refs.js';
import type { Repository } from './repository.js';

/**
 * The `merge` attribute, as `ours` declares it, of every file that both sides changed. One quick search answers for
 * the repositories that declare none.
 */
export async function pathsWithMergeAttribute(
  repo: Repository,
  { ours, theirs }: MergeSides,
): Promise<{ path: string; value: string }[]> {
  const search = ['grep', '--quiet', '-E', '-e', 'merge|binary', ours, '--', ':(top,glob)**/.gitattributes'];
  if ((await tryGit(search, { cwd: repo.root })).code !== 0) return [];
  const base = await mergeBase(repo, ours, theirs);
  if (base === null) return [];
  const [mine, other] = await Promise.all([touched(repo, base, ours), touched(repo, base, theirs)]);
  const both = mine.filter((path) => other.includes(path));
  if (both.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'o8-attributes-'));
  try {
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    await git(['read-tree', ours], { cwd: repo.root, env });
    const args = ['check-attr', '--cached', '-z', '--stdin', 'merge'];
    const out = await git(args, { cwd: repo.root, env, input: both.map((path) => `${path}\0`).join('') });
    const fields = out.split('\0'); // path, attribute, value, again and again
    return both.map((path, at) => ({ path, value: fields[at * 3 + 2] ?? 'unspecified' }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function touched(repo: Repository, from: string, to: string): Promise<string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to];
  return (await git(args, { cwd: repo.root })).split('\0').filter((path) => path !== '');
}
