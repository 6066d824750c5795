import { runFlag, type RunFlag } from '../../core/run/run-flag.js';
import type { RunHome } from '../../store/files/paths.js';
import { listRuns } from '../../store/runs/runs.js';

/** The `--run` flag for commands about this run; empty when the repository has only one run. */
export async function runFlagOf(home: RunHome, runId: string): Promise<RunFlag> {
  return runFlag(runId, (await listRuns(home)).length <= 1);
}
