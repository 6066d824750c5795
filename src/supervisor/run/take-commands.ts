import { withCommands, type CommandChanges } from '../../core/plan/changed-commands.js';
import { rewritePlan } from '../../store/runs/runs.js';
import type { Run } from './run.js';

/** Changes the commands of the run. The plan on disk is written first, so that the next supervisor uses them too. */
export async function takeCommands(run: Run, changes: CommandChanges): Promise<void> {
  const { plan } = run;
  const changed = withCommands(plan, changes);
  run.lease.assertHeld();
  await rewritePlan(run.home, changed);
  // All jobs of the run share this plan object.
  for (const [index, task] of plan.tasks.entries()) Object.assign(task, changed.tasks[index]);
  for (const [index, wave] of plan.waves.entries()) Object.assign(wave, changed.waves[index]);
  run.log('setup, verify and validation were taken from the plan on disk');
}
