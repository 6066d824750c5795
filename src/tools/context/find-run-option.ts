import { runOption } from '../../core/run/run-option.js';
import type { RunHome } from '../../store/files/paths.js';
import { listRuns } from '../../store/runs/runs.js';

/** `runOption` for a run of this repository. */
export async function runOptionOf(home: RunHome, runId: string): Promise<string> {
  return runOption(runId, (await listRuns(home)).length <= 1);
}
