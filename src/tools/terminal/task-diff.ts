import { o8 } from '../../core/base/text.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';
import { O8Error } from '../../core/base/errors.js';
import { landingOfTask } from '../../core/merge/landings.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { taskOf } from '../../core/run/run-state.js';
import { mergeBase, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { workInProgress } from '../../git/worktrees/work-in-progress.js';
import type { LoadedRun } from '../context/run-files.js';
import { targetOf } from '../../core/plan/target.js';

/** Two commits: without a task's work, and with it. */
export interface TaskDiff {
  readonly from: string;
  readonly to: string;
}

/**
 * A task's work: the changes that its merge made on the target, or before that, those on its branch that are not in the
 * target. `uncommitted`: includes uncommitted changes. O8Error `refused` when there is nothing to show.
 */
export async function taskDiff(
  repo: Repository,
  run: LoadedRun,
  id: string,
  { uncommitted }: { uncommitted: boolean },
): Promise<TaskDiff> {
  const task = run.plan.tasks.find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`plan ${run.plan.runId} has no task ${id}`);
  const landing = landingOfTask(run.state, id);
  if (landing !== null) {
    if (!uncommitted) return { from: landing.from, to: landing.to };
    throw new O8Error(
      'refused',
      `${id} is merged and has no uncommitted changes.`,
      o8('diff', [id], { run: run.plan.runId }),
    );
  }
  const { state, start } = taskOf(run.state, id);
  const tip = await resolveCommit(repo, `refs/heads/${task.branch}`);
  if (tip === null) {
    const message = `${id} has no branch ${task.branch}: it is ${state.state}.`;
    throw new O8Error('refused', message, o8('status', { run: run.plan.runId }));
  }
  const { ref } = targetOf(run.plan);
  const target = await resolveCommit(repo, ref);
  const common = target === null ? null : await mergeBase(repo, target, tip);
  // If the target contains the branch without a merge by o8, the whole branch is in common.
  const from = common === tip || common === null ? start : common;
  if (from === null) {
    const message = `${task.branch} has no commit in common with ${ref}.`;
    throw new O8Error('refused', message, `git log ${task.branch}`);
  }
  return { from, to: uncommitted ? await withUncommitted(repo, task, tip) : tip };
}

async function withUncommitted(repo: Repository, { id, branch, worktree }: PlannedTask, tip: string): Promise<string> {
  const work = await workInProgress(repo, worktree, { branch, exclude: [COMPLETION_MARKER] });
  switch (work.kind) {
    case 'none':
      return tip;
    case 'commit':
      return work.commit;
    case 'unclear': {
      const message = `Cannot read the uncommitted changes of ${id}: ${work.reason} in ${worktree}.`;
      throw new O8Error('refused', message, `git -C ${shellQuote(worktree)} status`);
    }
  }
}
