import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { git, gitFailure, tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** Full id of the commit that a ref, branch or id names; null if there is none. */
export async function resolveCommit(repo: Repository, ref: string): Promise<string | null> {
  if (ref === '' || ref.startsWith('-')) return null; // git would read it as an option
  const args = ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`];
  const result = await tryGit(args, { cwd: repo.root });
  if (result.code === 0) return result.stdout.trim();
  if (result.code === 1) return null;
  throw gitFailure(args, repo.root, result);
}

/** A run of hundreds of tasks checks a few thousand pairs; with more, old entries are not needed again. */
const MOST_PAIRS = 10_000;
const knownAncestors = new Set<string>();

/**
 * Whether `descendant` contains `ancestor`; a commit contains itself. A positive answer for two object ids stays true
 * and is cached; a negative one may change when a shallow clone is deepened.
 */
export async function isAncestor(repo: Repository, ancestor: string, descendant: string): Promise<boolean> {
  const pair = isObjectId(ancestor) && isObjectId(descendant) ? `${ancestor} ${descendant}` : null;
  if (pair !== null && knownAncestors.has(pair)) return true;
  const args = ['merge-base', '--is-ancestor', ancestor, descendant];
  const result = await tryGit(args, { cwd: repo.root });
  if (result.code > 1) throw gitFailure(args, repo.root, result);
  if (result.code === 0 && pair !== null) {
    if (knownAncestors.size >= MOST_PAIRS) knownAncestors.clear();
    knownAncestors.add(pair);
  }
  return result.code === 0;
}

function isObjectId(name: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);
}

/** The best common ancestor; null if the two share no history. */
export async function mergeBase(repo: Repository, one: string, other: string): Promise<string | null> {
  return (await mergeBases(repo, one, other))[0] ?? null;
}

/** All best common ancestors: more than one after criss-cross merges. */
export async function mergeBases(repo: Repository, one: string, other: string): Promise<string[]> {
  const args = ['merge-base', '--all', one, other];
  const result = await tryGit(args, { cwd: repo.root });
  if (result.code > 1) throw gitFailure(args, repo.root, result);
  return result.stdout.split('\n').filter((line) => line !== '');
}

/** True if the ref was created or is already at `commit`, false if it exists elsewhere. */
export async function createRef(repo: Repository, ref: string, commit: string): Promise<boolean> {
  const args = ['update-ref', ref, commit, '']; // an empty old value: the ref must not exist
  failpoint('ref.create.before');
  const result = await tryGit(args, { cwd: repo.root });
  failpoint('ref.create.after');
  if (result.code === 0) return true;
  const existing = await targetOf(repo, ref);
  if (existing === null) throw gitFailure(args, repo.root, result, `git for-each-ref ${ref}`);
  return existing === commit;
}

/**
 * Compare-and-swap: false if the ref is no longer at `from`. Moves only the ref; use `fastForward` for a branch that
 * may be checked out, because the checkout would show the move as a reverse diff.
 */
export async function advanceRef(
  repo: Repository,
  ref: string,
  { to, from }: { to: string; from: string },
): Promise<boolean> {
  const args = ['update-ref', ref, to, from];
  failpoint('ref.advance.before');
  const result = await tryGit(args, { cwd: repo.root });
  failpoint('ref.advance.after');
  if (result.code === 0) return true;
  if ((await targetOf(repo, ref)) === from) throw gitFailure(args, repo.root, result, `git for-each-ref ${ref}`);
  return false;
}

/** Points one of o8's refs at a commit, so that git does not delete the commit; replaces the previous value. */
export async function pinRef(repo: Repository, ref: string, commit: string): Promise<void> {
  if (!ref.startsWith('refs/o8/')) throw new Error(`pinRef sets refs/o8/ only, not ${ref}`);
  failpoint('ref.pin.before');
  await git(['update-ref', ref, commit], { cwd: repo.root });
  failpoint('ref.pin.after');
}

/** True if the ref is deleted or was missing, false if it is no longer at `from`. */
export async function deleteRef(repo: Repository, ref: string, from: string): Promise<boolean> {
  const args = ['update-ref', '-d', ref, from];
  failpoint('ref.delete.before');
  const result = await tryGit(args, { cwd: repo.root });
  failpoint('ref.delete.after');
  if (result.code === 0) return true;
  const existing = await targetOf(repo, ref);
  if (existing === from) throw gitFailure(args, repo.root, result, `git for-each-ref ${ref}`);
  return existing === null;
}

/** Deletes refs in one transaction; false, and all remain, if one is no longer at its commit. */
export async function deleteRefs(
  repo: Repository,
  refs: readonly { readonly ref: string; readonly commit: string }[],
): Promise<boolean> {
  if (refs.length === 0) return true;
  const input = refs.map(({ ref, commit }) => `delete ${ref}\0${commit}\0`).join('');
  failpoint('ref.delete.before');
  const result = await tryGit(['update-ref', '--stdin', '-z'], { cwd: repo.root, input });
  failpoint('ref.delete.after');
  return result.code === 0;
}

/** Refs at or under the prefixes; each prefix ends at a slash or is a whole name. */
export async function listRefs(
  repo: Repository,
  ...prefixes: readonly string[]
): Promise<{ ref: string; commit: string }[]> {
  const wrong = prefixes.find((prefix) => !prefix.startsWith('refs/'));
  if (wrong !== undefined) throw new O8Error('internal', `not a full ref prefix: ${wrong}`, 'git for-each-ref');
  const out = await git(['for-each-ref', '--format=%(objectname) %(refname)', ...prefixes], { cwd: repo.root });
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ commit: line.slice(0, line.indexOf(' ')), ref: line.slice(line.indexOf(' ') + 1) }));
}

/** The value of a ref, by its full name only. */
async function targetOf(repo: Repository, ref: string): Promise<string | null> {
  const result = await tryGit(['show-ref', '--verify', '--hash', ref], { cwd: repo.root });
  return result.code === 0 ? result.stdout.trim() : null;
}
