import { deleteRefs, listRefs } from '../../git/refs/refs.js';
import { doneRef, mergeRef } from '../../core/plan/own-refs.js';
import type { Run } from './run.js';

/** Deletes the refs that kept a task's commits, after the branch or the target contains them. */
export async function forgetPins(run: Run, task: string): Promise<void> {
  const pins = await listRefs(run.repo, mergeRef(run.plan.runId, task), doneRef(run.plan.runId, task));
  run.lease.assertHeld();
  await deleteRefs(run.repo, pins);
}

/** Finishes this for completed tasks if an earlier supervisor was killed. */
export async function forgetPinsOfComplete(run: Run): Promise<void> {
  const prefix = doneRef(run.plan.runId);
  for (const { ref } of await listRefs(run.repo, prefix)) {
    const task = ref.slice(prefix.length);
    if (run.ledger.state.tasks.get(task)?.state.state === 'complete') await forgetPins(run, task);
  }
}
