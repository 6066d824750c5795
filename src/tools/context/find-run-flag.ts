import { runFlag, type RunFlag } from '../../core/run/run-flag.js';
import type { RunHome } from '../../store/files/paths.js';
import { listRuns } from '../../store/runs/runs.js';

/** `runFlag` for a run of this repository. */
export async function runFlagOf(home: RunHome, runId: string): Promise<RunFlag> {
  return runFlag(runId, (await listRuns(home)).length <= 1);
}
