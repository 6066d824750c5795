import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '../../core/base/failpoint.js';
import { git, gitFailure, gitThatSurvives, tryGit } from '../door/execute.js';
import { isAtLeast, type Repository } from '../door/repository.js';
import { gitDirOf } from '../worktrees/worktree-inspection.js';

/**
 * Merges a commit into what a worktree of o8's own has checked out and stops before the commit, so that a conflict is
 * there with markers that show both sides and the base. The worktree is clean before. O8Error `git_failed` where git
 * did not begin. Conflict or not is for `conflictedPaths` to say: a driver may have resolved everything.
 */
export async function checkOutConflict(
  repo: Repository,
  worktree: string,
  { commit, branch, message }: { commit: string; branch: string; message: string },
): Promise<void> {
  const style = isAtLeast(repo.version, 2, 35) ? 'zdiff3' : 'diff3'; // git before it fails on a style it does not know
  // The branch may carry options of its own for every merge.
  const config = ['-c', `merge.conflictStyle=${style}`, '-c', `branch.${branch}.mergeOptions=`];
  const how = ['--no-commit', '--no-ff', '--no-squash', '--no-verify-signatures', '--no-stat', '--quiet'];
  const args = [...config, 'merge', ...how, '-m', message, commit];
  failpoint('conflict.checkout.before');
  const result = await gitThatSurvives(args, { cwd: worktree, onStart: () => undefined });
  failpoint('conflict.checkout.after');
  if ((await mergeInProgress(worktree)) === null) throw gitFailure(args, worktree, result);
}

const PATIENCE_MS = 5000; // a git whose supervisor was killed ends in well under this time
const PAUSE_MS = 50;

/** Waits a little for a git that is at work in the worktree; the lock of one that stays, which may be a person's. */
export async function busyIndex(worktree: string): Promise<string | null> {
  const lock = join(await gitDirOf(worktree), 'index.lock');
  for (let waited = 0; existsSync(lock); waited += PAUSE_MS) {
    if (waited >= PATIENCE_MS) return lock;
    await delay(PAUSE_MS);
  }
  return null;
}

/** The commit that is being merged in a worktree; null where no merge is in progress. */
export async function mergeInProgress(worktree: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD^{commit}'];
  const result = await tryGit(args, { cwd: worktree });
  return result.code === 0 ? result.stdout.trim() : null;
}

/** Files of the merge in progress that are still to be resolved. */
export async function unresolvedPaths(worktree: string): Promise<string[]> {
  return stagedPaths(await git(['ls-files', '--unmerged', '-z', '--full-name'], { cwd: worktree }));
}

/** Files that the merge in progress could not merge, also those that somebody has resolved and added since. */
export async function conflictedPaths(worktree: string): Promise<string[]> {
  const added = stagedPaths(await git(['ls-files', '--resolve-undo', '-z', '--full-name'], { cwd: worktree }));
  return [...new Set([...(await unresolvedPaths(worktree)), ...added])]
    .map(withoutSide)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Records are `<mode> <id> <stage>\t<path>`, one for each side. */
function stagedPaths(output: string): string[] {
  const records = output.split('\0').filter((record) => record !== '');
  return [...new Set(records.map((record) => record.slice(record.indexOf('\t') + 1)))];
}

/** A file where the other side has a folder is put beside it, as `file~HEAD` or `file~<commit>`. */
function withoutSide(path: string): string {
  return path.replace(/~(?:HEAD|[0-9a-f]{40,64})(?:_\d+)?$/, '');
}
