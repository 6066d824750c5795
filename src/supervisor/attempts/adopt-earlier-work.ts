import { leftOutTasks } from '../../core/plan/build-plan.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { doneRef } from '../../core/plan/own-refs.js';
import { countCommits } from '../../git/diff/changes.js';
import { isAncestor, pinRef, resolveCommit } from '../../git/refs/refs.js';
import { recordOf, type Run } from '../run/run.js';
import { targetOf } from '../../core/plan/target.js';

/**
 * Tasks this run leaves out (`--skip`, `--wave`). One whose branch is already in the target counts as landed for
 * those that need it; one of another wave whose branch holds unmerged work is merged first, so that what needs
 * it starts from a base that contains it.
 */
export async function adoptEarlierWork(run: Run): Promise<void> {
  for (const { task, why } of leftOutTasks(run.plan)) {
    const record = recordOf(run, task.id);
    if (record.changedAt === 0) await adopt(run, task, why); // once: a later wish to run it stands
  }
}

async function adopt(run: Run, task: PlannedTask, why: 'user' | 'other_wave'): Promise<void> {
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  const target = await resolveCommit(run.repo, targetOf(run.plan).ref);
  const contained = tip !== null && target !== null && (await isAncestor(run.repo, tip, target));
  const landed = contained ? tip : (run.plan.landed[task.id] ?? null);
  const skipped = { type: 'task_skipped' as const, task: task.id, why, landed };
  const needed = run.plan.tasks.some(({ deps, wave }) => wave === run.plan.wave && deps.includes(task.id));
  if (tip === null || landed !== null || why === 'user' || !needed) return run.ledger.record(skipped);
  const commits = await countCommits(run.repo, run.plan.base.commit, tip);
  const notes = ['merged from an earlier run'];
  await pinRef(run.repo, doneRef(run.plan.runId, task.id), tip);
  await run.ledger.record(skipped, { type: 'task_done', task: task.id, tip, commits, notes });
}
