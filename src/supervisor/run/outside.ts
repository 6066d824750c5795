import type { PlannedTask } from '../../core/plan/plan.js';
import { growPlan } from '../../core/plan/grown-plan.js';
import { rewritePlan } from '../../store/runs/runs.js';
import type { Run } from './run.js';

/** What a run follows elsewhere: the queue its tasks come from, its pull requests. */
export interface Outside {
  readonly name: string;
  /** What is due now, null for nothing. It handles what can go wrong elsewhere: the run goes on without it. */
  due(): (() => Promise<void>) | null;
  /** Whether tasks may still come from it, so that the run must not end yet. */
  readonly moreTasks: boolean;
}

/** A further task joins the run. The journal has it first; the plan on disk follows for whoever reads only that. */
export async function addTask(run: Run, planned: PlannedTask): Promise<void> {
  if (run.ledger.state.tasks.has(planned.id)) return;
  await run.ledger.record({ type: 'task_added', task: planned.id, planned });
  growPlan(run.plan, planned);
  run.lease.assertHeld();
  await rewritePlan(run.home, run.plan);
}
