import type { TrialMerge, MergeSides } from './trial-merge.js';
import { basename } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { attributeOf } from '../door/attributes.js';
import { attributeFiles } from './merge-attributes.js';
import { mergeInScratchFolder } from './merge-in-scratch.js';
import { hasMergeTree, mergeTree, noCommonHistory } from './merge-tree.js';
import { mergeBase, resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { readDifferences } from '../diff/tree-difference.js';

export { commitAuthor, createCommit, createLandingCommit, treeOf } from '../door/commit.js';

/**
 * Merges two commits without changing a ref, index or checkout. The result is that of `git merge` in a clean checkout
 * of `ours`, with the attributes of `ours` (`merge=union`, `-merge`, a driver from the user's settings) and without
 * rerere. O8Error `git_failed` if the two share no history.
 */
export async function trialMerge(
  repo: Repository,
  o: { ours: string; theirs: string; scratchDir: string },
): Promise<TrialMerge> {
  const sides = { ours: await commitOf(repo, o.ours), theirs: await commitOf(repo, o.theirs) };
  const attributes = await attributeFiles(repo, sides.ours);
  if (hasMergeTree(repo)) return mergeTree(repo, sides, attributes);
  if ((await mergeBase(repo, sides.ours, sides.theirs)) === null) throw noCommonHistory(sides);
  const merged = await mergeInScratchFolder(repo, sides, { scratchDir: o.scratchDir, attributes });
  // git writes the attribute files of `theirs` during the merge and applies them from then on.
  const doubtful = merged.kind === 'clean' ? await differentlyDeclared(repo, sides) : [];
  return doubtful.length === 0 ? merged : { kind: 'conflict', files: doubtful };
}

/** Files that both sides changed and for which they declare different merge attributes. */
async function differentlyDeclared(repo: Repository, { ours, theirs }: MergeSides): Promise<string[]> {
  const base = await mergeBase(repo, ours, theirs);
  if (base === null) return [];
  const changed = async (to: string): Promise<string[]> =>
    (await readDifferences(repo.root, base, to)).map(({ path }) => path);
  const [mine, other] = [await changed(ours), new Set(await changed(theirs))];
  if (![...mine, ...other].some((path) => basename(path) === '.gitattributes')) return [];
  const both = mine.filter((path) => other.has(path));
  const declared = async (declaredBy: string) => attributeOf(repo, both, { attribute: 'merge', declaredBy });
  const [one, two] = [await declared(ours), await declared(theirs)];
  return both.filter((_, at) => one[at] !== two[at]).sort((a, b) => (a < b ? -1 : 1));
}

async function commitOf(repo: Repository, name: string): Promise<string> {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) return name; // already an id: skips a git process
  const commit = await resolveCommit(repo, name);
  if (commit === null) throw new O8Error('git_failed', `${name} is not a commit of ${repo.root}`, 'git log --all');
  return commit;
}
