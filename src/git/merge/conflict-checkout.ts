import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '../../core/base/failpoint.js';
import { git, gitFailure, gitThatSurvives, tryGit } from '../door/execute.js';
import { isAtLeast, type Repository } from '../door/repository.js';
import { gitDirOf } from '../worktrees/worktree-inspection.js';

/**
 * Merges a commit into the checkout of an o8 worktree and stops before the commit, so that conflicts have markers with
 * both sides and the base. The worktree must be clean. O8Error `git_failed` if the merge did not start. Use
 * `conflictedPaths` to find conflicts: a merge driver may have resolved them all.
 */
export async function checkOutConflict(
  repo: Repository,
  worktree: string,
  { commit, branch, message }: { commit: string; branch: string; message: string },
): Promise<void> {
  const style = isAtLeast(repo.version, 2, 35) ? 'zdiff3' : 'diff3'; // an older git fails on an unknown style
  // The branch may have merge options in the configuration.
  const config = ['-c', `merge.conflictStyle=${style}`, '-c', `branch.${branch}.mergeOptions=`];
  const how = ['--no-commit', '--no-ff', '--no-squash', '--no-verify-signatures', '--no-stat', '--quiet'];
  const args = [...config, 'merge', ...how, '-m', message, commit];
  failpoint('conflict.checkout.before');
  const result = await gitThatSurvives(args, { cwd: worktree, onStart: () => undefined });
  failpoint('conflict.checkout.after');
  if ((await mergeInProgress(worktree)) === null) throw gitFailure(args, worktree, result);
}

const PATIENCE_MS = 5000; // git exits much sooner than this after its supervisor was killed
const PAUSE_MS = 50;

/**
 * Waits briefly for a git that is running in the worktree; returns its lock file if it stays, which may be the user's.
 */
export async function busyIndex(worktree: string): Promise<string | null> {
  const lock = join(await gitDirOf(worktree), 'index.lock');
  for (let waited = 0; existsSync(lock); waited += PAUSE_MS) {
    if (waited >= PATIENCE_MS) return lock;
    await delay(PAUSE_MS);
  }
  return null;
}

/** The commit that is being merged in a worktree; null if no merge is in progress. */
export async function mergeInProgress(worktree: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD^{commit}'];
  const result = await tryGit(args, { cwd: worktree });
  return result.code === 0 ? result.stdout.trim() : null;
}

/** Files with unresolved conflicts in the merge in progress. */
export async function unresolvedPaths(worktree: string): Promise<string[]> {
  return stagedPaths(await git(['ls-files', '--unmerged', '-z', '--full-name'], { cwd: worktree }));
}

/** Files that conflicted in the merge in progress, including those that were resolved and added since. */
export async function conflictedPaths(worktree: string): Promise<string[]> {
  const added = stagedPaths(await git(['ls-files', '--resolve-undo', '-z', '--full-name'], { cwd: worktree }));
  return [...new Set([...(await unresolvedPaths(worktree)), ...added])]
    .map(withoutSide)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Records are `<mode> <id> <stage>\t<path>`, one per side. */
function stagedPaths(output: string): string[] {
  const records = output.split('\0').filter((record) => record !== '');
  return [...new Set(records.map((record) => record.slice(record.indexOf('\t') + 1)))];
}

/** If one side has a folder where the other has a file, git writes the file as `file~HEAD` or `file~<commit>`. */
function withoutSide(path: string): string {
  return path.replace(/~(?:HEAD|[0-9a-f]{40,64})(?:_\d+)?$/, '');
}
