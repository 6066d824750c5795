import { doneRef } from '../../core/plan/own-refs.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { adopt, tasksToAdopt, type EarlierBranch } from '../../core/run/rules/adopt.js';
import { countCommits } from '../../git/diff/changes.js';
import { isAncestor, pinRef, resolveCommit } from '../../git/refs/refs.js';
import { targetOf } from '../../core/plan/target.js';
import type { Run } from '../run/run.js';

/**
 * Checks for existing work of tasks that this run leaves out (`--skip`, `--wave`), and merges what its own tasks need.
 */
export async function adoptEarlierWork(run: Run): Promise<void> {
  for (const left of tasksToAdopt(run.plan, run.ledger.state)) {
    const { pin, events } = adopt(run.plan, left, await branchOf(run, left.task));
    if (pin !== null) await pinRef(run.repo, doneRef(run.plan.runId, left.task.id), pin);
    await run.ledger.record(...events);
  }
}

async function branchOf(run: Run, task: PlannedTask): Promise<EarlierBranch | null> {
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  if (tip === null) return null;
  const target = await resolveCommit(run.repo, targetOf(run.plan).ref);
  const contained = target !== null && (await isAncestor(run.repo, tip, target));
  const commits = contained ? 0 : await countCommits(run.repo, run.plan.base.commit, tip);
  return { tip, contained, commits };
}
