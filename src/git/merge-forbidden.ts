import { basename } from 'node:path';
import { gitFailure, tryGit } from './execute.js';
import { ATTRIBUTE_FILES, attributesOf, DECLARES_MERGE } from './merge-attributes.js';
import type { TimeLimit } from './merge-tree.js';
import { forbidsMerging, type MergeSides } from './merge.js';
import type { Repository } from './repository.js';
import { touchedPaths, type TouchedPaths } from './touched-paths.js';

/**
 * Of these pairs, all in which both sides may have changed a file that `ours` marks as not to be merged, and perhaps
 * a few more: a quick search that spares the rest the exact question. What a side changed since the merge base is among
 * what it touched since the commit that all sides contain.
 */
export async function mayBeForbidden(
  repo: Repository,
  pairs: readonly MergeSides[],
  limit: TimeLimit,
): Promise<Set<MergeSides>> {
  if (pairs.length === 0) return new Set();
  const touched = await touchedPaths(repo, new Set(pairs.flatMap(({ ours, theirs }) => [ours, theirs])), limit);
  if (touched === null) return new Set(pairs);
  const shared = pairs
    .map((sides) => ({ sides, declaration: declarationOf(sides.ours, touched), paths: touchedByBoth(sides, touched) }))
    .filter(({ paths }) => paths.length > 0);
  const asked = new Map<string, Set<string>>();
  for (const { declaration, paths } of shared) {
    const known = asked.get(declaration) ?? new Set();
    for (const path of paths) known.add(path);
    asked.set(declaration, known);
  }
  const forbidden = await forbiddenPaths(repo, asked, limit);
  const open = shared.filter(({ declaration, paths }) => paths.some((path) => forbidden.get(declaration)?.has(path)));
  return new Set(open.map(({ sides }) => sides));
}

/** The commit whose attributes are those of `side`: most sides declare what the common commit does. */
function declarationOf(side: string, { common, by }: TouchedPaths): string {
  const changed = [...(by.get(side) ?? [])].some((path) => basename(path) === '.gitattributes');
  return changed ? side : common;
}

function touchedByBoth({ ours, theirs }: MergeSides, { by }: TouchedPaths): string[] {
  const other = by.get(theirs);
  return [...(by.get(ours) ?? [])].filter((path) => other?.has(path) === true);
}

/** For each commit which of the paths its attributes mark. */
async function forbiddenPaths(
  repo: Repository,
  asked: ReadonlyMap<string, ReadonlySet<string>>,
  limit: TimeLimit,
): Promise<Map<string, ReadonlySet<string>>> {
  const declaring = await declaringMerge(repo, [...asked.keys()], limit);
  const forbidden = new Map<string, ReadonlySet<string>>();
  for (const commit of declaring) {
    limit();
    const attributes = await attributesOf(repo, [...(asked.get(commit) ?? [])], commit);
    forbidden.set(commit, new Set(attributes.filter(({ value }) => forbidsMerging(value)).map(({ path }) => path)));
  }
  return forbidden;
}

/** Those of the commits in which some attribute file may say something about merging. */
async function declaringMerge(repo: Repository, commits: readonly string[], limit: TimeLimit): Promise<Set<string>> {
  if (commits.length === 0) return new Set();
  const args = ['grep', '--files-with-matches', '-z', '-E', '-e', DECLARES_MERGE, ...commits, '--', ATTRIBUTE_FILES];
  const result = await tryGit(args, { cwd: repo.root, ...limit() });
  if (result.code > 1) throw gitFailure(args, repo.root, result);
  const found = result.stdout.split('\0').filter((match) => match !== ''); // <commit>:<path>
  return new Set(found.map((match) => match.slice(0, match.indexOf(':'))));
}
