import { O8Error } from '../core/errors.js';
import { gitFailure, tryGit } from './execute.js';
import { mergeAttributes, type MergeAttribute } from './merge-attributes.js';
import { mergeInScratchFolder } from './merge-in-scratch.js';
import { mergeBase, resolveCommit } from './refs.js';
import { isAtLeast, type Repository } from './repository.js';

export { commitAuthor, createCommit, treeOf } from './commit.js';

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
  if (isAtLeast(repo.version, 2, 38)) {
    const merged = await mergeTree(repo, sides);
    if (merged.kind === 'conflict') return merged;
    return refusing(merged, await mergeAttributes(repo, sides, sides.ours), forbidsMerging);
  }
  if ((await mergeBase(repo, sides.ours, sides.theirs)) === null) throw noCommonHistory(sides);
  const merged = await mergeInScratchFolder(repo, sides, o.scratchDir);
  if (merged.kind === 'conflict') return merged;
  // This one obeys attributes, and those of `theirs` too when they are the first file that it writes.
  const declared = await Promise.all([sides.ours, sides.theirs].map((side) => mergeAttributes(repo, sides, side)));
  return refusing(merged, declared.flat(), (value) => forbidsMerging(value) || resolvesSilently(value));
}

/** git knows the tree of nothing without having it. */
const EMPTY_TREE_SHA1 = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

async function mergeTree(repo: Repository, { ours, theirs }: MergeSides): Promise<TrialMerge> {
  // Attributes come from the folder git is started in: here from none, so that what the user has checked out at the
  // moment cannot change the result. (2.43 to 2.45 look at HEAD instead, unless told a tree.)
  const nowhere = ['--bare', `--git-dir=${repo.commonDir}`, '-c', `attr.tree=${EMPTY_TREE_SHA1}`];
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  const result = await tryGit([...nowhere, ...args], { cwd: repo.commonDir });
  if (result.code > 1) {
    if ((await mergeBase(repo, ours, theirs)) === null) throw noCommonHistory({ ours, theirs });
    throw gitFailure(args, repo.root, result);
  }
  const [tree = '', ...files] = result.stdout.split('\0').filter((field) => field !== '');
  if (result.code === 0) return { kind: 'clean', tree };
  return { kind: 'conflict', files: conflictFiles(files, { ours, theirs }) };
}

/** A file where the other side has a folder is listed as `file~<commit>`, which is a name nobody knows. */
function conflictFiles(names: readonly string[], { ours, theirs }: MergeSides): string[] {
  const moved = new RegExp(`~(?:${ours}|${theirs})(?:_\\d+)?$`);
  return [...new Set(names.map((name) => name.replace(moved, '')))].sort((a, b) => (a < b ? -1 : 1));
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
function forbidsMerging(attribute: string): boolean {
  return attribute === 'unset' || attribute === 'binary';
}

function resolvesSilently(attribute: string): boolean {
  return !['unspecified', 'set', 'unset', 'text', 'binary'].includes(attribute);
}

async function commitOf(repo: Repository, name: string): Promise<string> {
  const commit = await resolveCommit(repo, name);
  if (commit === null) throw new O8Error('git_failed', `${name} is not a commit of ${repo.root}`, 'git log --all');
  return commit;
}

function noCommonHistory({ ours, theirs }: MergeSides): O8Error {
  const message = `${theirs.slice(0, 12)} shares no history with ${ours.slice(0, 12)}: they cannot be merged`;
  return new O8Error('git_failed', message, `git log --oneline ${theirs.slice(0, 12)}`);
}
