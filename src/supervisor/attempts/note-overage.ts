import { recordOf, type Run } from '../run/run.js';

const NOTE = 'a usage limit was reached and the account pays for what goes beyond it (overage); the run goes on';

/** Money is spent that a plan does not include: said once in a run. */
export async function noteOverage(run: Run, task: string): Promise<void> {
  if (run.plan.tasks.some(({ id }) => recordOf(run, id).notes.includes(NOTE))) return;
  await run.ledger.record({ type: 'task_noted', task, notes: [NOTE] });
}
