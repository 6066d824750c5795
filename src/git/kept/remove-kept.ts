import type { CriticalSection } from '../../core/base/lease.js';
import { rescuedNote } from '../../core/kept/kept-text.js';
import { counted } from '../../core/text/counted.js';
import { isAncestor, resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { snapshotWorktree } from '../worktrees/uncommitted-work.js';
import { removeWorktree } from '../worktrees/worktrees.js';
import type { AtStake } from './at-stake.js';
import { keepCommit } from '../worktrees/keep-commit.js';

/** Where the work rescued from a worktree is, and notes about parts that the user would not expect there. */
export interface Rescued {
  readonly refs: readonly string[];
  readonly notes: readonly string[];
}

/** Where what would be lost with a worktree on `branch` is kept, and the message of the commit. */
export interface Keep {
  readonly ref: string;
  readonly branch: string;
  readonly message: string;
}

/** Whether a worktree contains anything that must be rescued before it is removed. */
export async function needsRescue(repo: Repository, stake: AtStake, branch: string): Promise<boolean> {
  const { found, ignored, loose } = stake;
  if (found.changes.length > 0 || found.unwatched.length > 0 || ignored.length > 0 || loose.length > 0) return true;
  return found.head !== null && !(await isOnBranch(repo, branch, found.head));
}

/** Saves under refs/o8/ what would be lost with a worktree on `branch`. Can be repeated. */
export async function rescueStake(
  repo: Repository,
  path: string,
  stake: AtStake,
  { ref, branch, message }: Keep,
): Promise<Rescued> {
  const { found, ignored, loose } = stake;
  const refs: string[] = [];
  const notes: string[] = [];
  const snapshot = found.exists ? await snapshotWorktree(repo, path, { ref, message, also: ignored }) : null;
  if (snapshot !== null) refs.push(snapshot.ref);
  if (snapshot !== null && ignored.length > 0) {
    const are = ignored.length === 1 ? 'an ignored file is' : `${counted(ignored.length, 'ignored file')} are`;
    notes.push(rescuedNote(are, snapshot.ref, ignored));
  }
  if (snapshot !== null && found.unwatched.length > 0) {
    notes.push(
      rescuedNote(
        'changes git was told not to look at (assume-unchanged, skip-worktree) are',
        snapshot.ref,
        found.unwatched,
      ),
    );
  }
  if (snapshot === null && found.head !== null && !(await isOnBranch(repo, branch, found.head))) {
    refs.push(await keepCommit(repo, ref, found.head));
  }
  for (const commit of loose) {
    const kept = await keepCommit(repo, ref, commit);
    refs.push(kept);
    notes.push(`a commit that is on no branch is kept as ${kept} (${commit.slice(0, 12)})`);
  }
  return { refs: [...new Set(refs)], notes };
}

/** Removes a worktree with nothing left to lose, and the clean worktrees of this repository inside it. */
export async function removeWithWorktrees(
  repo: Repository,
  serialise: CriticalSection,
  path: string,
  { worktrees }: Pick<AtStake, 'worktrees'>,
): Promise<void> {
  // Innermost first.
  for (const nested of [...worktrees].sort((a, b) => b.length - a.length))
    await removeWorktree(repo, serialise, nested);
  await removeWorktree(repo, serialise, path);
}

export async function isOnBranch(repo: Repository, branch: string, commit: string): Promise<boolean> {
  const tip = await resolveCommit(repo, `refs/heads/${branch}`);
  return tip !== null && (tip === commit || (await isAncestor(repo, commit, tip)));
}
