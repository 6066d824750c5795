import type { Outside } from '../run/outside.js';

/** Everything elsewhere that a supervisor of this run follows. */
export function outsideOf(): readonly Outside[] {
  return [];
}
