import type { RunState } from './run-state.js';

/**
 * Receives the progress of a run, for example to update files of its source. A run never waits for a listener and never
 * fails because of one.
 */
export interface RunListener {
  /**
   * Called after changes, in order, one call at a time. `state` is the complete state, and several changes may be
   * combined in one call. After a crash, the next supervisor calls it again, so the listener must remember what it has
   * processed. An error is logged, and the next change calls it again.
   */
  tell(state: RunState): Promise<void>;
}
