import { o8, text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { resumeCommand } from '../../core/run/open-runs.js';
import type { LoadedRun } from './run-files.js';

/** Merging or cleaning up would start a supervisor, and with it the agents of the interrupted run: that is refused. */
export function refuseInterrupted(tool: string, { plan, state, ownerAlive }: LoadedRun): void {
  if (ownerAlive || state.phase.kind === 'finished') return;
  throw new O8Error(
    'refused',
    `Run ${plan.runId} was interrupted. Resume or abort it before ${tool}.`,
    text`${resumeCommand(plan.runId)}   (or: ${o8('abort', { run: plan.runId })})`,
  );
}
