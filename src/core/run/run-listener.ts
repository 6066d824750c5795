import type { RunState } from './run-state.js';

/**
 * Somebody outside who is told how a run goes on: what its source keeps about it, for instance. A run never waits for it
 * and never fails of it.
 */
export interface RunListener {
  /**
   * Told after changes, in order, one call at a time; `state` is always the whole, so that changes may come together. What
   * it has told already it keeps itself: after a crash the next owner tells it the state again. An error is logged, and the
   * next change tells it again.
   */
  tell(state: RunState): Promise<void>;
}
