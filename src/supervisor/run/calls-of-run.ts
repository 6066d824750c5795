import { callOfRun } from '../../core/kept/command-of-run.js';
import { awaitEnded } from '../../process/trees/await-ended.js';
import type { Run } from './run.js';

/** A call of bd on a busy machine; nearly all end within milliseconds. */
const ENDING_MS = 10_000;
/** How the supervisor calls bd and gh; services that they start and leave running have other arguments. */
const CALLS = / --json --actor | api --hostname /;

/** The variable that marks programs which change something elsewhere for the run, and must not be ended on the way. */
export function markOfCalls({ plan }: Pick<Run, 'plan'>): Record<string, string> {
  return { [callOfRun(plan.runId).name]: plan.runId };
}

/**
 * Git, bd and gh outlive a supervisor that is killed: what they still do comes before what the next one does, which would
 * otherwise not see it. `owner`: the pid of that supervisor, null if there was none.
 */
export async function awaitEarlierCalls(run: Run, owner: number | null): Promise<void> {
  const { marker } = callOfRun(run.plan.runId);
  const left = await awaitEnded({ group: owner, marker, commands: CALLS }, ENDING_MS);
  if (left.length > 0)
    run.log(`still running, started by an earlier supervisor of this run: ${left.map(run.redact).join(', ')}`);
}
