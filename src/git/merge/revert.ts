import { git } from '../door/execute.js';
import { createCommit, treeOf, trialMerge } from './merge.js';
import type { Repository } from '../door/repository.js';

export type TrialRevert =
  | { readonly kind: 'clean'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly files: string[] }
  /** Nothing of the change is left. */
  | { readonly kind: 'nothing' };

/**
 * A commit on top of `to` with the files of `from`: what takes back all that lies between the two, be it one commit,
 * many, or merges. Can be cherry-picked.
 */
export async function createInverse(
  repo: Repository,
  { from, to, message }: { from: string; to: string; message: string },
): Promise<string> {
  return createCommit(repo, { tree: await treeOf(repo, from), parents: [to], message });
}

/**
 * What `tip` is without the change that `inverse` (of `createInverse`) takes back, off to the side. `tip` contains
 * the end of the change, so that exactly the inverse is applied.
 */
export async function trialRevert(
  repo: Repository,
  { tip, inverse, scratchDir }: { tip: string; inverse: string; scratchDir: string },
): Promise<TrialRevert> {
  const trial = await trialMerge(repo, { ours: tip, theirs: inverse, scratchDir });
  if (trial.kind === 'conflict') return trial;
  return trial.tree === (await treeOf(repo, tip)) ? { kind: 'nothing' } : trial;
}

/** The commit of `tip` that reverts `landing` as o8 does, by its trailers, of a task or of no task; null: none does. */
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

/** Whether a branch of some remote, as last fetched or pushed, contains the commit. */
export async function isOnRemote(repo: Repository, commit: string): Promise<boolean> {
  const args = ['for-each-ref', '--count=1', '--format=%(refname)', '--contains', commit, 'refs/remotes/'];
  return (await git(args, { cwd: repo.root })).trim() !== '';
}

/** First line of a commit's message. */
export async function subjectOf(repo: Repository, commit: string): Promise<string> {
  return (await git(['log', '-1', '--no-show-signature', '--format=%s', commit, '--'], { cwd: repo.root })).trim();
}
