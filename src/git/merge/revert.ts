import { git } from '../door/execute.js';
import { createCommit, treeOf, trialMerge } from './merge.js';
import type { Repository } from '../door/repository.js';

export type TrialRevert =
  | { readonly kind: 'clean'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: string[] }
  /** The change is no longer present. */
  | { readonly kind: 'nothing' };

/**
 * Creates a commit on top of `to` with the files of `from`, which undoes everything between the two: one commit, many,
 * or merges. It can be cherry-picked.
 */
export async function createInverse(
  repo: Repository,
  { from, to, message }: { from: string; to: string; message: string },
): Promise<string> {
  return createCommit(repo, { tree: await treeOf(repo, from), parents: [to], message });
}

/**
 * The result of applying `inverse` (from `createInverse`) to `tip`, without a checkout. `tip` contains the end of the
 * change, so exactly the inverse is applied.
 */
export async function trialRevert(
  repo: Repository,
  { tip, inverse, scratchDir }: { tip: string; inverse: string; scratchDir: string },
): Promise<TrialRevert> {
  const trial = await trialMerge(repo, { ours: tip, theirs: inverse, scratchDir });
  if (trial.kind === 'conflict') return trial;
  return trial.tree === (await treeOf(repo, tip)) ? { kind: 'nothing' } : trial;
}

/**
 * The commit in `tip` that reverts `landing` according to o8's trailers, for a task or without one; null if there is
 * none.
 */
export async function findRevert(
  repo: Repository,
  { landing, task, tip }: { landing: string; task: string | null; tip: string },
): Promise<string | null> {
  const format = '--format=%H%x00%(trailers:key=O8-Reverts,valueonly)%x00%(trailers:key=O8-Task,valueonly)%x00';
  const args = ['log', '-z', '--no-show-signature', '--fixed-strings', `--grep=O8-Reverts: ${landing}`, format];
  const fields = (await git([...args, `${landing}..${tip}`, '--'], { cwd: repo.root })).split('\0');
  for (let at = 0; at + 2 < fields.length; at += 4) {
    const [commit = '', reverts = '', of = ''] = fields.slice(at, at + 3).map((field) => field.trim());
    if (reverts === landing && of === (task ?? '')) return commit;
  }
  return null;
}

/** Whether a remote branch, as last fetched or pushed, contains the commit. */
export async function isOnRemote(repo: Repository, commit: string): Promise<boolean> {
  const args = ['for-each-ref', '--count=1', '--format=%(refname)', '--contains', commit, 'refs/remotes/'];
  return (await git(args, { cwd: repo.root })).trim() !== '';
}

/** First line of a commit's message. */
export async function subjectOf(repo: Repository, commit: string): Promise<string> {
  return (await git(['log', '-1', '--no-show-signature', '--format=%s', commit, '--'], { cwd: repo.root })).trim();
}
