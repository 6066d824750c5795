import type { RunState } from '../../../src/core/run/run-state.js';

/** A run's state as JSON has it: maps are lists of pairs, sets are lists. */
export function plainState(state: RunState): unknown {
  return JSON.parse(
    JSON.stringify(state, (_, value: unknown) => (value instanceof Map || value instanceof Set ? [...value] : value)),
  );
}
