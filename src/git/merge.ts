import { O8Error } from '../core/errors.js';
import { mergeAttributes, type MergeAttribute } from './merge-attributes.js';
import { mergeInScratchFolder } from './merge-in-scratch.js';
import { hasMergeTree, mergeTree, noCommonHistory } from './merge-tree.js';
import { mergeBase, resolveCommit } from './refs.js';
import type { Repository } from './repository.js';

export { commitAuthor, createCommit, createLandingCommit, treeOf } from './commit.js';

export type TrialMerge =
  { readonly kind: 'clean'; readonly tree: string } | { readonly kind: 'conflict'; readonly files: string[] };

export interface MergeSides {
  readonly ours: string;
  readonly theirs: string;
}

/**
 * Merges two commits off to the side: no ref, index or checkout changes. What a checkout's attributes would resolve
 * without a word (`merge=union`, a driver) is a conflict here, and so is a file both changed that `ours` marks as
 * not to be merged. O8Error `git_failed` where the two share no history.
 */
export async function trialMerge(
  repo: Repository,
  o: { ours: string; theirs: string; scratchDir: string },
): Promise<TrialMerge> {
  const sides = { ours: await commitOf(repo, o.ours), theirs: await commitOf(repo, o.theirs) };
  if (hasMergeTree(repo)) {
    return refusingForbidden(repo, sides, await mergeTree(repo, sides));
  }
  if ((await mergeBase(repo, sides.ours, sides.theirs)) === null) throw noCommonHistory(sides);
  const merged = await mergeInScratchFolder(repo, sides, o.scratchDir);
  if (merged.kind === 'conflict') return merged;
  // This one obeys attributes, and those of `theirs` too when they are the first file that it writes.
  const declared = await Promise.all([sides.ours, sides.theirs].map((side) => mergeAttributes(repo, sides, side)));
  return refusing(merged, declared.flat(), (value) => forbidsMerging(value) || resolvesSilently(value));
}

/** A clean merge is none where both changed a file that `ours` marks as not to be merged. */
export async function refusingForbidden(repo: Repository, sides: MergeSides, merged: TrialMerge): Promise<TrialMerge> {
  if (merged.kind === 'conflict') return merged;
  return refusing(merged, await mergeAttributes(repo, sides, sides.ours), forbidsMerging);
}

function refusing(
  merged: TrialMerge,
  attributes: readonly MergeAttribute[],
  refused: (attribute: string) => boolean,
): TrialMerge {
  const files = new Set(attributes.filter(({ value }) => refused(value)).map(({ path }) => path));
  return files.size === 0 ? merged : { kind: 'conflict', files: [...files].sort((a, b) => (a < b ? -1 : 1)) };
}

/** `-merge`, which `binary` contains. */
export function forbidsMerging(attribute: string): boolean {
  return attribute === 'unset' || attribute === 'binary';
}

function resolvesSilently(attribute: string): boolean {
  return !['unspecified', 'set', 'unset', 'text', 'binary'].includes(attribute);
}

async function commitOf(repo: Repository, name: string): Promise<string> {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) return name; // an id already: each git costs milliseconds
  const commit = await resolveCommit(repo, name);
  if (commit === null) throw new O8Error('git_failed', `${name} is not a commit of ${repo.root}`, 'git log --all');
  return commit;
}
