import { o8 } from '../../core/base/text.js';
import { afterKept, whyKept } from '../../core/kept/kept-text.js';
import type { CleanupResult } from '../../core/run/request-results.js';
import type { AtStake } from '../../git/kept/at-stake.js';
import { needsRescue, removeWithWorktrees, rescueStake, type Keep } from '../../git/kept/remove-kept.js';
import { errorText } from '../run/error-text.js';
import type { Run } from '../run/run.js';
import type { CleanupWish } from './cleanup-wish.js';

/**
 * Removes a worktree of `task` after everything that would be lost with it is saved as `keep` says. False if it stays,
 * because that cannot be saved.
 */
export async function removeRescued(
  run: Run,
  worktree: { readonly task: string; readonly path: string; readonly stake: AtStake; readonly keep: Keep },
  wish: CleanupWish,
  result: CleanupResult,
): Promise<boolean> {
  const { task, path, stake, keep } = worktree;
  const stays = (why: string): false => {
    result.kept.push({ what: path, why, hint: afterKept(path, o8('cleanup', { run: run.plan.runId, task })) });
    return false;
  };
  const why = whyKept(stake.stays);
  if (why !== null) return stays(why);
  if (wish.dryRun) {
    const rescued = (await needsRescue(run.repo, stake, keep.branch)) ? keep.ref : null;
    result.worktrees.push({ task, path, rescued });
    return true;
  }
  run.lease.assertHeld();
  const saved = await rescueStake(run.repo, path, stake, keep).catch((error: unknown) => errorText(error));
  if (typeof saved === 'string') return stays(`its uncommitted changes cannot be saved: ${saved}`);
  run.lease.assertHeld();
  await removeWithWorktrees(run.repo, run.serialise, path, stake);
  result.worktrees.push({ task, path, rescued: saved.refs.length === 0 ? null : saved.refs.join(', ') });
  return true;
}
