import { trialMerges } from './merge-batch.js';
import { git } from '../door/execute.js';
import { mergeBase } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { readDifferences } from '../diff/tree-difference.js';

const MOST_COMMITS = 500; // takes about a second; work squashed longer ago must be merged or discarded by the user

/**
 * The commit in `branch` since `base` that contains all changes of `tip` although not `tip` itself, because the work
 * was squashed, rebased or cherry-picked. Proven by content: merging `tip` into that commit changes nothing, and none
 * of its changes was reverted since. Null if this cannot be proven.
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
    // A merge driver may keep one side regardless of the other.
    if (await changesAll(repo, { base, commit: id, paths: brought })) return id;
  }
  return null;
}

/** Whether every path differs between `commit` and `base`. */
async function changesAll(
  repo: Repository,
  { base, commit, paths }: { readonly base: string; readonly commit: string; readonly paths: readonly string[] },
): Promise<boolean> {
  const changed = new Set((await readDifferences(repo.root, base, commit)).map(({ path }) => path));
  return paths.every((path) => changed.has(path));
}
