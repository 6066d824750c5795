import { deleteRefs, listRefs } from '../../git/refs/refs.js';
import { doneRef, mergeRef } from '../../core/plan/own-refs.js';
import type { Run } from './run.js';

/** The branch, and the target itself, hold from now on what these refs of a task held. */
export async function forgetPins(run: Run, task: string): Promise<void> {
  const pins = await listRefs(run.repo, mergeRef(run.plan.runId, task), doneRef(run.plan.runId, task));
  run.lease.assertHeld();
  await deleteRefs(run.repo, pins);
}

/** What the last owner of the run was killed before. */
export async function forgetPinsOfComplete(run: Run): Promise<void> {
  const prefix = doneRef(run.plan.runId);
  for (const { ref } of await listRefs(run.repo, prefix)) {
    const task = ref.slice(prefix.length);
    if (run.ledger.state.tasks.get(task)?.state.state === 'complete') await forgetPins(run, task);
  }
}
