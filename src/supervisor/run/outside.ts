import type { PlannedTask } from '../../core/plan/plan.js';
import { growPlan } from '../../core/plan/grown-plan.js';
import { rewritePlan } from '../../store/runs/runs.js';
import type { Run } from './run.js';

/** An external service that a run follows: the queue from which its tasks come, or its pull requests. */
export interface Outside {
  readonly name: string;
  /**
   * The next step if one is due, otherwise null. It handles errors of the service itself, so that the run continues.
   * `busyTasks`: tasks with an active job.
   */
  due(busyTasks: ReadonlySet<string>): (() => Promise<void>) | null;
  /** Whether more tasks may follow, so that the run must not end yet. */
  readonly moreTasks: boolean;
  /** Why no agent may start yet; null if agents may start. */
  readonly holdBack?: string | null;
  /** Whether it must be asked before the supervisor exits, even if the run has finished. */
  readonly isUnasked?: boolean;
}

/**
 * Adds a task to the run. It is recorded in the journal first, then in the plan on disk, which other processes read.
 */
export async function addTask(run: Run, planned: PlannedTask): Promise<void> {
  if (run.ledger.state.tasks.has(planned.id)) return;
  await run.ledger.record({ type: 'task_added', task: planned.id, planned });
  growPlan(run.plan, planned);
  run.lease.assertHeld();
  await rewritePlan(run.home, run.plan);
}
