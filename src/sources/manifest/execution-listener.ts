import type { CriticalSection } from '../../core/base/lease.js';
import type { Plan } from '../../core/plan/plan.js';
import { executionBlock, executionTasks } from '../../core/report/manifest-execution.js';
import type { RunListener } from '../../core/run/run-listener.js';
import type { RunState } from '../../core/run/run-state.js';
import { writeExecution } from './write-execution.js';

/**
 * Keeps a manifest's `execution` block. `state` is what the journal says now: of a run that is over its block is there
 * already, and is not written again before something changes. Who restores the manifest to let a branch that edits it land
 * must not find it rewritten before that.
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
