import { trialMerges } from './merge-batch.js';
import { git } from '../door/execute.js';
import { mergeBase } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { readDifferences } from '../diff/tree-difference.js';

const MOST_COMMITS = 500; // together about a second; who squashed longer ago merges or discards the branch by hand

/**
 * The commit of `branch`'s history since when it has all that `tip` brings, although it does not contain `tip` itself:
 * somebody squashed, rebased or cherry-picked the work. Proven by content: merging `tip` into that commit gives the very
 * same files, and nothing of it has been put back to what it was before since. Null where that cannot be proven.
 */
export async function contentThere(repo: Repository, tip: string, branch: string): Promise<string | null> {
  const base = await mergeBase(repo, tip, branch);
  if (base === null || base === branch) return null;
  const brought = (await readDifferences(repo.root, base, tip)).map(({ path }) => path);
  if (brought.length === 0 || !(await changesAll(repo, { base, commit: branch, paths: brought }))) return null;
  const args = ['log', `-${String(MOST_COMMITS)}`, '--no-show-signature', '--format=%H %T', `${base}..${branch}`, '--'];
  const commits = (await git(args, { cwd: repo.root })).split('\n').flatMap((line) => {
    const [id, tree] = line.split(' ');
    return id === undefined || tree === undefined ? [] : [{ id, tree }];
  });
  const merged = await trialMerges(
    repo,
    commits.map(({ id }) => ({ ours: id, theirs: tip })),
  );
  for (const [at, { id, tree }] of [...commits.entries()].reverse()) {
    const result = merged[at];
    if (result?.kind !== 'clean' || result.tree !== tree) continue;
    // A merge driver may keep one side whatever the other is.
    if (await changesAll(repo, { base, commit: id, paths: brought })) return id;
  }
  return null;
}

/** Whether every one of the paths is other in `commit` than in `base`. */
async function changesAll(
  repo: Repository,
  { base, commit, paths }: { readonly base: string; readonly commit: string; readonly paths: readonly string[] },
): Promise<boolean> {
  const changed = new Set((await readDifferences(repo.root, base, commit)).map(({ path }) => path));
  return paths.every((path) => changed.has(path));
}
