import type { TimeLimit } from '../door/time-limit.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { gitFailure, tryGit } from '../door/execute.js';
import { inAttributes, type AttributeFiles } from './merge-attributes.js';
import type { MergeSides, TrialMerge } from './trial-merge.js';
import { mergeBase } from '../refs/refs.js';
import { isAtLeast, type Repository } from '../door/repository.js';

/** The result of one of many trial merges; `unrelated`: no common history. */
export type BatchedMerge = TrialMerge | { readonly kind: 'unrelated' };

/** The empty tree, which git knows in every repository. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** How to run a merge: `args` precede the subcommand. */
interface Place {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * git reads attributes from the worktree it runs in: either none (`--bare`), so that the user's checkout cannot affect
 * the result, or a folder with the attributes of the merge's first side. Since 2.43 git prefers the tree in
 * `attr.tree`, and 2.43 to 2.45 use HEAD by default, so the tree is set explicitly.
 */
async function inPlace<T>(
  { commonDir }: Repository,
  { attributes, declaredBy }: { readonly attributes: AttributeFiles; readonly declaredBy: string },
  work: (place: Place) => Promise<T>,
): Promise<T> {
  if (attributes === null) {
    const args = ['--bare', `--git-dir=${commonDir}`, '-c', `attr.tree=${EMPTY_TREE}`];
    return work({ cwd: commonDir, args, env: {} });
  }
  return inAttributes(attributes, (folder) =>
    work({
      cwd: folder,
      args: ['-c', `attr.tree=${declaredBy}`],
      // As variables, because these take precedence even if an agent changes the repository's settings meanwhile.
      env: { GIT_DIR: commonDir, GIT_WORK_TREE: folder },
    }),
  );
}

/** Whether this git can merge without a checkout. */
export function hasMergeTree(repo: Repository): boolean {
  return isAtLeast(repo.version, 2, 38);
}

/** One merge with `git merge-tree --write-tree`. O8Error `git_failed` if the two share no history. */
export async function mergeTree(
  repo: Repository,
  { ours, theirs }: MergeSides,
  attributes: AttributeFiles,
): Promise<TrialMerge> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  const result = await inPlace(repo, { attributes, declaredBy: ours }, (place) =>
    tryGit([...place.args, ...args], { cwd: place.cwd, env: place.env }),
  );
  if (result.code > 1) {
    if ((await mergeBase(repo, ours, theirs)) === null) throw noCommonHistory({ ours, theirs });
    throw gitFailure(args, repo.root, result);
  }
  const [tree = '', ...files] = result.stdout.split('\0').filter((field) => field !== '');
  if (result.code === 0) return { kind: 'clean', tree };
  return { kind: 'conflict', files: conflictFiles(files, { ours, theirs }) };
}

/**
 * The same for many pairs of full commit ids, in their order, in one process; its objects go to a temporary folder. git
 * stops at the first pair without common history: that pair is skipped and the rest merged by another process.
 */
export async function mergeTrees(
  repo: Repository,
  pairs: readonly MergeSides[],
  {
    limit,
    ...declared
  }: { readonly limit: TimeLimit; readonly attributes: AttributeFiles; readonly declaredBy: string },
): Promise<BatchedMerge[]> {
  return inPlace(repo, declared, (place) => mergeTreesIn(place, repo, pairs, limit));
}

async function mergeTreesIn(
  place: Place,
  repo: Repository,
  pairs: readonly MergeSides[],
  limit: TimeLimit,
): Promise<BatchedMerge[]> {
  const temporary = await mkdtemp(join(tmpdir(), 'o8-objects-'));
  const env = {
    GIT_OBJECT_DIRECTORY: temporary,
    // The list is separated by colons; a path that contains one is quoted.
    GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(repo.commonDir, 'objects')),
  };
  const args = ['merge-tree', '--write-tree', '--stdin', '-z', '--name-only', '--no-messages'];
  const merged: BatchedMerge[] = [];
  try {
    while (merged.length < pairs.length) {
      const rest = pairs.slice(merged.length);
      const input = rest.map(({ ours, theirs }) => `${ours} ${theirs}\n`).join('');
      const result = await tryGit([...place.args, ...args], {
        cwd: place.cwd,
        input,
        env: { ...place.env, ...env },
        ...limit(),
      });
      merged.push(...parseBatch(result.stdout, rest));
      const stopped = pairs[merged.length];
      if (stopped === undefined) break;
      if (result.code === 0 || (await mergeBase(repo, stopped.ours, stopped.theirs)) !== null) {
        throw gitFailure(args, repo.root, result);
      }
      merged.push({ kind: 'unrelated' });
    }
    return merged;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** For each pair `1`, the tree and an empty field, or `0`, a tree, the conflicting files and an empty field. */
function parseBatch(output: string, pairs: readonly MergeSides[]): TrialMerge[] {
  const fields = output.split('\0');
  const merges: TrialMerge[] = [];
  for (let at = 0; at < fields.length - 1;) {
    const sides = pairs[merges.length];
    const end = fields.indexOf('', at);
    const [status, tree] = [fields[at], fields[at + 1]];
    if (sides === undefined || end < at + 2 || tree === undefined || (status !== '0' && status !== '1')) {
      throw new Error(`git merge-tree printed an unknown result: ${fields.slice(at, at + 3).join(' ')}`);
    }
    merges.push(
      status === '1'
        ? { kind: 'clean', tree }
        : { kind: 'conflict', files: conflictFiles(fields.slice(at + 2, end), sides) },
    );
    at = end + 1;
  }
  return merges;
}

/**
 * If one side has a folder where the other has a file, git lists the file as `file~<commit>`; restores the real name.
 */
function conflictFiles(names: readonly string[], { ours, theirs }: MergeSides): string[] {
  const moved = new RegExp(`~(?:${ours}|${theirs})(?:_\\d+)?$`);
  return [...new Set(names.map((name) => name.replace(moved, '')))].sort((a, b) => (a < b ? -1 : 1));
}

export function noCommonHistory({ ours, theirs }: MergeSides): O8Error {
  const message = `${theirs.slice(0, 12)} shares no history with ${ours.slice(0, 12)}: they cannot be merged`;
  return new O8Error('git_failed', message, `git log --oneline ${theirs.slice(0, 12)}`);
}
