import { createCommit } from '../door/commit.js';
import { git, tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';
import { mergeBase } from '../refs/refs.js';

/** An entry of a commit's top folder, as `git mktree` reads it. */
interface Entry {
  readonly name: string;
  readonly line: string;
}

/**
 * A branch without what it changed in `folders` (at the top): a commit on top of `theirs` in which they are as in
 * `ours`, so that a merge with `ours` keeps those of `ours` without a conflict. `theirs` itself where it changed nothing
 * there, or where the two share no history. No ref points to the commit.
 */
export async function leaveOut(
  repo: Repository,
  { ours, theirs }: { readonly ours: string; readonly theirs: string },
  folders: readonly string[],
): Promise<string> {
  const base = folders.length === 0 ? null : await mergeBase(repo, ours, theirs);
  if (base === null) return theirs;
  const changed: string[] = [];
  for (const folder of folders) {
    if ((await objectAt(repo, base, folder)) !== (await objectAt(repo, theirs, folder))) changed.push(folder);
  }
  if (changed.length === 0) return theirs;
  const tree = await treeWith(repo, { of: theirs, from: ours }, changed);
  return createCommit(repo, { tree, parents: [theirs], message: `Leave ${changed.join(', ')} as it was\n` });
}

async function treeWith(
  repo: Repository,
  { of, from }: { readonly of: string; readonly from: string },
  names: readonly string[],
): Promise<string> {
  const kept = (await entriesOf(repo, of)).filter(({ name }) => !names.includes(name));
  const taken = (await entriesOf(repo, from)).filter(({ name }) => names.includes(name));
  const input = [...kept, ...taken].map(({ line }) => `${line}\0`).join('');
  return (await git(['mktree', '-z'], { cwd: repo.root, input })).trim();
}

async function entriesOf(repo: Repository, commit: string): Promise<Entry[]> {
  const out = await git(['ls-tree', '-z', '--full-tree', commit], { cwd: repo.root });
  return out
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => ({ line, name: line.slice(line.indexOf('\t') + 1) }));
}

/** The id of what a commit has at a path; null for nothing. */
async function objectAt(repo: Repository, commit: string, path: string): Promise<string | null> {
  const { code, stdout } = await tryGit(['rev-parse', '--verify', '--quiet', `${commit}:${path}`], { cwd: repo.root });
  return code === 0 ? stdout.trim() : null;
}
