import { withCommands, type CommandChanges } from '../../core/plan/changed-commands.js';
import { rewritePlan } from '../../store/runs/runs.js';
import type { Run } from './run.js';

/** From now on the run works with other commands: on disk first, so that a supervisor after this one does, too. */
export async function takeCommands(run: Run, changes: CommandChanges): Promise<void> {
  const { plan } = run;
  const changed = withCommands(plan, changes);
  run.lease.assertHeld();
  await rewritePlan(run.home, changed);
  // Everybody who works on the run holds this very plan.
  for (const [index, task] of plan.tasks.entries()) Object.assign(task, changed.tasks[index]);
  for (const [index, wave] of plan.waves.entries()) Object.assign(wave, changed.waves[index]);
  run.log('setup, verify and validation were taken from the plan on disk');
}
