import { o8 } from '../../core/base/text.js';
import { tmpdir } from 'node:os';
import { O8Error } from '../../core/base/errors.js';
import { attributeFiles, declaringCommits, type AttributeFiles } from './merge-attributes.js';
import { hasMergeTree, mergeTrees, type BatchedMerge } from './merge-tree.js';
import type { TimeLimit } from '../door/time-limit.js';
import { trialMerge } from './merge.js';
import type { MergeSides } from './trial-merge.js';
import { mergeBase } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';

export type { BatchedMerge } from './merge-tree.js';
export type { MergeSides } from './trial-merge.js';

/**
 * `trialMerge` for many pairs of full commit ids, in their order: 190 pairs take about as long as ten separate merges.
 * The resulting trees are not kept. git before 2.38 merges the pairs one by one. O8Error `timed_out` after `withinMs`.
 */
export async function trialMerges(
  repo: Repository,
  pairs: readonly MergeSides[],
  { withinMs = null }: { withinMs?: number | null } = {},
): Promise<BatchedMerge[]> {
  const deadline = withinMs === null ? null : Date.now() + withinMs;
  const isOver = (): boolean => deadline !== null && Date.now() >= deadline;
  const limit: TimeLimit = () => {
    if (isOver()) throw outOfTime(pairs.length);
    return deadline === null ? {} : { timeoutMs: deadline - Date.now() + 1 };
  };
  try {
    return await (hasMergeTree(repo) ? together(repo, pairs, limit) : oneByOne(repo, pairs, limit));
  } catch (error) {
    // a git that was stopped by the time limit reports a different error
    throw isOver() ? outOfTime(pairs.length) : error;
  }
}

/** Groups pairs whose target sides declare the same attributes; usually there is one group. */
async function together(repo: Repository, pairs: readonly MergeSides[], limit: TimeLimit): Promise<BatchedMerge[]> {
  if (pairs.length === 0) return [];
  const declaring = await declaringCommits(repo, new Set(pairs.map(({ ours }) => ours)), limit);
  const files = new Map<string, AttributeFiles>();
  for (const commit of new Set(declaring.values())) {
    limit();
    files.set(commit, await attributeFiles(repo, commit, limit));
  }
  const groups = new Map<string, number[]>();
  for (const [at, { ours }] of pairs.entries()) {
    const declaredBy = declaring.get(ours) ?? ours;
    // All without attributes form one group.
    const group = (files.get(declaredBy) ?? null) === null ? '' : declaredBy;
    groups.set(group, [...(groups.get(group) ?? []), at]);
  }
  const results: BatchedMerge[] = new Array<BatchedMerge>(pairs.length);
  for (const [declaredBy, members] of groups) {
    const own = members.flatMap((at) => pairs[at] ?? []);
    const merged = await mergeTrees(repo, own, { limit, declaredBy, attributes: files.get(declaredBy) ?? null });
    for (const [index, result] of merged.entries()) results[members[index] ?? 0] = result;
  }
  return results;
}

async function oneByOne(repo: Repository, pairs: readonly MergeSides[], limit: TimeLimit): Promise<BatchedMerge[]> {
  const results: BatchedMerge[] = [];
  for (const { ours, theirs } of pairs) {
    limit();
    const related = (await mergeBase(repo, ours, theirs)) !== null;
    results.push(related ? await trialMerge(repo, { ours, theirs, scratchDir: tmpdir() }) : { kind: 'unrelated' });
  }
  return results;
}

function outOfTime(pairs: number): O8Error {
  return new O8Error('timed_out', `${String(pairs)} trial merges took too long`, o8('merge', { dryRun: true }));
}
