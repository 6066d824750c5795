import type { PlannedTask } from '../../core/plan/plan.js';
import { merged } from '../../core/run/rules/merge-stack.js';
import { forgetPins } from '../run/pins.js';
import type { Run } from '../run/run.js';

/** A task whose work is on the target as `commit`. */
export interface MergedTask {
  readonly task: PlannedTask;
  readonly commit: string;
  readonly notes: readonly string[];
}

/**
 * Completes tasks whose work is on the target: as one group of records, so that tasks that need them can start. What
 * only the merge needed goes afterwards (`tidyMerged`), in jobs of its own.
 */
export async function recordMerged(run: Run, tasks: readonly MergedTask[]): Promise<void> {
  if (tasks.length === 0) return;
  await run.ledger.record(...tasks.flatMap(({ task, commit, notes }) => merged(task.id, commit, notes)));
  await forgetPins(
    run,
    tasks.map(({ task }) => task.id),
  );
}
