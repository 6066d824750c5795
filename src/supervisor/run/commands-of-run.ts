import { commandOfRun } from '../../core/kept/command-of-run.js';
import { endKept } from '../../process/trees/end-kept.js';
import type { Run } from './run.js';

/** The variable that marks a check or a notification of this run. */
export function markOfCommands({ plan }: Run): Record<string, string> {
  return { [commandOfRun(plan.runId).name]: plan.runId };
}

/** Ends commands that an earlier supervisor of the run was running; its checks are run again. */
export async function endCommandsOfRun(run: Run): Promise<void> {
  const { runId, settings } = run.plan;
  const ended = await endKept({ marker: commandOfRun(runId).marker, seen: [] }, settings.killAfter * 1000);
  if (ended.length > 0)
    run.log(`stopped processes of an earlier supervisor of this run: ${ended.map(run.redact).join(', ')}`);
}
