import { deleteRefs, listRefs } from '../../git/refs/refs.js';
import { doneRef, mergeRef } from '../../core/plan/own-refs.js';
import type { Run } from './run.js';

/** Deletes the refs that kept these tasks' commits, after the branch or the target contains them. */
export async function forgetPins(run: Run, tasks: readonly string[]): Promise<void> {
  if (tasks.length === 0) return;
  const { runId } = run.plan;
  const pins = await listRefs(run.repo, ...tasks.flatMap((task) => [mergeRef(runId, task), doneRef(runId, task)]));
  run.lease.assertHeld();
  await deleteRefs(run.repo, pins);
}

/** Finishes this for completed tasks if an earlier supervisor was killed. */
export async function forgetPinsOfComplete(run: Run): Promise<void> {
  const prefix = doneRef(run.plan.runId);
  const pinned = (await listRefs(run.repo, prefix)).map(({ ref }) => ref.slice(prefix.length));
  const complete = pinned.filter((task) => run.ledger.state.tasks.get(task)?.state.state === 'complete');
  await forgetPins(run, complete);
}
