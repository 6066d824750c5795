import { deleteRefs, listRefs } from '../git/refs.js';
import type { Run } from './run.js';

/*
 * Refs by which git keeps commits while nothing else surely does. What is to be kept for good (rescued and repeated
 * work) has other names: `refs/o8/rescue/`, `refs/o8/attempts/`.
 */

/** Holds the work of a task that waits to be merged. */
export function doneRef(run: Run, task: string): string {
  return `refs/o8/done/${run.plan.runId}/${task}`;
}

/** The merged commit of a task while it is on its way to the target. */
export function mergeRef(run: Run, task: string): string {
  return `refs/o8/merge/${run.plan.runId}/${task}`;
}

/** What was made to land on the base branch, while it is verified. */
export function landingRef(run: Run): string {
  return `refs/o8/landing/${run.plan.runId}`;
}

/** The branch, and the target itself, hold from now on what these refs of a task held. */
export async function forgetPins(run: Run, task: string): Promise<void> {
  const pins = await listRefs(run.repo, mergeRef(run, task), doneRef(run, task));
  run.lease.assertHeld();
  await deleteRefs(run.repo, pins);
}

/** What the last owner of the run was killed before. */
export async function forgetPinsOfComplete(run: Run): Promise<void> {
  const prefix = `refs/o8/done/${run.plan.runId}/`;
  for (const { ref } of await listRefs(run.repo, prefix)) {
    const task = ref.slice(prefix.length);
    if (run.ledger.state.tasks.get(task)?.state.state === 'complete') await forgetPins(run, task);
  }
}
