import type { PlannedTask } from '../../core/plan/plan.js';
import { isFinishedLabel } from '../../core/beads/finished-label.js';
import { pullRemote, targetOf } from '../../core/plan/target.js';
import { countCommits } from '../../git/diff/changes.js';
import { createRef, resolveCommit } from '../../git/refs/refs.js';
import { recordDone } from '../run/record-done.js';
import { recordOf, type Run } from '../run/run.js';

/**
 * Takes over finished work of another clone's run: the task's branch is on the remote, and the queue says that it was
 * committed. True if it waits to be delivered now, without an agent.
 */
export async function adoptPushedWork(run: Run, task: PlannedTask): Promise<boolean> {
  const { attempt, start } = recordOf(run, task.id);
  const remote = pullRemote(targetOf(run.plan));
  if (run.claims === undefined || remote === null || attempt > 0 || start !== null) return false;
  const tip = await resolveCommit(run.repo, `refs/remotes/${remote}/${task.branch}`);
  if (tip === null || !(await run.claims.labels(task.id)).some(isFinishedLabel)) return false;
  run.lease.assertHeld();
  if (!(await createRef(run.repo, `refs/heads/${task.branch}`, tip))) return false; // other work has the name
  const commits = await countCommits(run.repo, run.plan.base.commit, tip);
  const notes = [`its work was on ${remote} already, from another clone's run`];
  await recordDone(run, { task: task.id, tip, commits, notes });
  return true;
}
