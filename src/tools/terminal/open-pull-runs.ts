import { pullRemote, targetOf } from '../../core/plan/target.js';
import { pullAside } from '../../core/run/rules/pull-aside.js';
import { findRun, readableRun } from '../context/load-run.js';
import { openContext } from '../context/repository-context.js';
import { RunFiles, type LoadedRun } from '../context/run-files.js';
import { openPulls } from '../predict/predict-pulls.js';
import type { ToolContext } from '../context/define-tool.js';

/** A run with open pull requests, according to its journal. */
export interface PullRunView {
  readonly runId: string;
  /** Its supervisor is running. */
  readonly alive: boolean;
}

/** The runs whose pull requests `merger` looks at, oldest first: the one with this id, else all with open ones. */
export async function runsWithPulls(runId: string | undefined, context: ToolContext): Promise<PullRunView[]> {
  const { home } = await openContext(context);
  const files = new RunFiles(home);
  if (runId !== undefined) await findRun(files, runId); // throws for an unknown id
  const views: PullRunView[] = [];
  for (const id of [...(await files.list())].reverse()) {
    if (runId !== undefined && id !== runId) continue;
    const run = await readableRun(files, id);
    if (run !== null && hasPulls(run)) views.push({ runId: id, alive: run.ownerAlive });
  }
  return views;
}

function hasPulls(run: LoadedRun): boolean {
  if (pullRemote(targetOf(run.plan)) === null) return false;
  // Also those that agents work on again, which is said of them.
  return openPulls(run).length > 0 || (run.ownerAlive && [...run.state.tasks.values()].some((task) => pullAside(task)));
}
