import { existsSync } from 'node:fs';
import { rescueRef } from '../../core/plan/own-refs.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import type { RetiredAttempt } from '../../core/plan/room.js';
import { whyKept } from '../../core/kept/kept-text.js';
import { atStake } from '../../git/kept/at-stake.js';
import { removeWithWorktrees, rescueStake } from '../../git/kept/remove-kept.js';
import { createRef, deleteRef, resolveCommit } from '../../git/refs/refs.js';
import { isOwnWorktree } from '../../git/worktrees/own-worktree.js';
import { attemptPaths, runPaths } from '../../store/files/paths.js';
import { readPrepared } from '../../store/runs/prepared.js';
import type { Run } from '../run/run.js';

/**
 * An attempt of this run or an earlier one. `branch`: whether the task's branch contains its commits and is removed
 * too.
 */
export interface OldAttempt extends RetiredAttempt {
  readonly branch: 'goes' | 'stays';
  /** The attempt's last known commit, for a branch that stays or no longer exists; null if there is none. */
  readonly lastKnown: string | null;
}

/**
 * `stays`: nothing was done, because the worktree contains work that no commit can contain. `kept`: the refs created.
 */
export type Retired =
  { readonly kind: 'retired'; readonly kept: readonly string[] } | { readonly kind: 'stays'; readonly why: string };

/** How often another process may commit to the branch while it is about to be removed. */
const MOST_MOVES = 5;

/**
 * Retires an attempt: saves uncommitted work under a rescue ref and the commits under the attempt's ref, then removes
 * worktree and branch. Every step can be repeated after a crash. A worktree that is not the attempt's stays.
 */
export async function retireAttempt(run: Run, task: PlannedTask, attempt: OldAttempt): Promise<Retired> {
  // Also if the folder is gone, because git's entry for the worktree may refer to commits that nothing else has.
  const own = !existsSync(task.worktree) || (await isOwnWorktree(task.worktree, attempt.runId));
  const prepared = own ? await readPrepared(runPaths(run.home, attempt.runId).tasks, task.id) : 0;
  const stake = own ? await atStake(run.repo, task.worktree, prepared) : null;
  const why = whyKept(stake?.stays ?? []);
  if (why !== null) return { kind: 'stays', why };
  run.lease.assertHeld();
  const { dir } = attemptPaths(run.home, attempt.runId, task.id, attempt.attempt);
  const rescued =
    stake === null
      ? []
      : await rescueStake(run.repo, task.worktree, stake, {
          ref: rescueRef(attempt.runId, task.id, attempt.attempt),
          branch: task.branch,
          message: `Uncommitted work of ${task.id}, attempt ${String(attempt.attempt)} (${dir})`,
        }).then(({ refs }) => refs);
  const ref = `refs/heads/${task.branch}`;
  const goes = attempt.branch === 'goes';
  let tip = goes ? await resolveCommit(run.repo, ref) : null;
  const kept = [...rescued];
  const last = tip ?? attempt.lastKnown;
  if (last !== null) kept.push(await keep(run, attempt.ref, last));
  run.lease.assertHeld();
  if (stake?.found.exists === true) await removeWithWorktrees(run.repo, run.serialise, task.worktree, stake);
  for (let moved = 0; tip !== null && !(await deleteRef(run.repo, ref, tip)); moved += 1) {
    if (moved === MOST_MOVES) throw new Error(`branch ${task.branch} keeps moving, so it was left unchanged`);
    tip = await resolveCommit(run.repo, ref); // another process has just committed to it
    if (tip !== null) kept.push(await keep(run, attempt.ref, tip));
  }
  return { kind: 'retired', kept: [...new Set(kept)] };
}

/** Keeps the commit under the attempt's ref, or under a similar name if that ref already keeps another commit. */
async function keep(run: Run, ref: string, tip: string): Promise<string> {
  if ((await createRef(run.repo, ref, tip)) || (await resolveCommit(run.repo, ref)) === tip) return ref;
  const beside = `${ref}-${tip.slice(0, 12)}`;
  await createRef(run.repo, beside, tip);
  return beside;
}
