import type { CriticalSection } from '../../core/base/lease.js';
import type { Plan } from '../../core/plan/plan.js';
import { executionBlock, executionTasks } from '../../core/report/manifest-execution.js';
import type { RunListener } from '../../core/run/run-listener.js';
import type { RunState } from '../../core/run/run-state.js';
import { writeExecution } from './write-execution.js';

/**
 * Keeps a manifest's `execution` block up to date. `state` comes from the journal. The block of a finished run is not
 * written again until something changes: the user may have restored the manifest so that a branch that edits it can
 * land.
 */
export function executionListener(
  plan: Plan,
  manifest: string,
  { state, guard }: { readonly state: RunState; readonly guard: CriticalSection },
): RunListener {
  const textOf = (now: RunState): string => JSON.stringify(executionBlock(plan, executionTasks(now)));
  let written = state.phase.kind === 'finished' ? textOf(state) : '';
  return {
    async tell(now) {
      const text = textOf(now);
      if (text === written) return;
      await writeExecution(manifest, executionBlock(plan, executionTasks(now)), guard);
      written = text;
    },
  };
}
