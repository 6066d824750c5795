import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git, tryGit } from './execute.js';
import { readDifferences } from './tree-difference.js';
import type { MergeSides } from './merge.js';
import { mergeBase } from './refs.js';
import type { Repository } from './repository.js';

export interface MergeAttribute {
  readonly path: string;
  readonly value: string;
}

/** Lines that may say something about merging; `binary` contains `-merge`. */
export const DECLARES_MERGE = 'merge|binary';
export const ATTRIBUTE_FILES = ':(top,glob)**/.gitattributes';

/**
 * The `merge` attribute, as one side declares it, of every file that the two sides changed differently. One quick
 * search answers for the repositories that declare none.
 */
export async function mergeAttributes(
  repo: Repository,
  { ours, theirs }: MergeSides,
  declaredBy: string,
): Promise<MergeAttribute[]> {
  const search = ['grep', '--quiet', '-E', '-e', DECLARES_MERGE, declaredBy, '--', ATTRIBUTE_FILES];
  if ((await tryGit(search, { cwd: repo.root })).code !== 0) return [];
  const base = await mergeBase(repo, ours, theirs);
  if (base === null) return [];
  const [mine, other] = await Promise.all([results(repo, base, ours), results(repo, base, theirs)]);
  const both = [...mine]
    .filter(([path, result]) => other.has(path) && other.get(path) !== result)
    .map(([path]) => path);
  return attributesOf(repo, both, declaredBy);
}

/** The `merge` attribute of each of the paths, as a commit's own `.gitattributes` declare it. */
export async function attributesOf(
  repo: Repository,
  paths: readonly string[],
  declaredBy: string,
): Promise<MergeAttribute[]> {
  if (paths.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'o8-attributes-'));
  try {
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    await git(['read-tree', declaredBy], { cwd: repo.root, env });
    const args = ['check-attr', '--cached', '-z', '--stdin', 'merge'];
    const out = await git(args, { cwd: repo.root, env, input: paths.map((path) => `${path}\0`).join('') });
    const fields = out.split('\0'); // path, attribute, value, again and again
    return paths.map((path, at) => ({ path, value: fields[at * 3 + 2] ?? 'unspecified' }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Changed paths with what they are afterwards. */
async function results(repo: Repository, from: string, to: string): Promise<Map<string, string>> {
  const differences = await readDifferences(repo.root, from, to);
  return new Map(differences.map(({ path, newMode, newId }) => [path, `${newMode} ${newId}`]));
}
