import { recordOf, type Run } from '../run/run.js';

const NOTE = 'a usage limit was reached; the run continues and further use is billed to the account (overage)';

/** Noted once per run. */
export async function noteOverage(run: Run, task: string): Promise<void> {
  if (run.plan.tasks.some(({ id }) => recordOf(run, id).notes.includes(NOTE))) return;
  await run.ledger.record({ type: 'task_noted', task, notes: [NOTE] });
}
