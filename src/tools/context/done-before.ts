import { toldOf } from '../../core/beads/told.js';
import { sourceOf } from '../../core/plan/sources.js';
import { runPaths, type RunHome } from '../../store/files/paths.js';
import { readTold } from '../../store/runs/beads-told.js';
import { readableRun } from './load-run.js';
import { RunFiles } from './run-files.js';

/**
 * Issues whose work earlier runs of this clone have finished although Beads does not say so: it was not told yet, or the
 * work waits to be merged. They are not done twice.
 */
export async function doneBefore(home: RunHome): Promise<ReadonlySet<string>> {
  const done = new Set<string>();
  const seen = new Set<string>();
  const files = new RunFiles(home);
  for (const runId of await files.list()) {
    const run = await readableRun(files, runId);
    if (run === null || sourceOf(run.plan.source).queue === null) continue;
    const told = await readTold(runPaths(home, runId).beads);
    for (const { id, state, attempt } of run.state.tasks.values()) {
      if (seen.has(id)) continue;
      if (attempt > 0) seen.add(id); // what the newest run did with it counts
      if (state.state === 'merge_pending' || (state.state === 'complete' && toldOf(told, id).status !== 'closed'))
        done.add(id);
    }
  }
  return done;
}
