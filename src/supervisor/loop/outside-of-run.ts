import type { Outside } from '../run/outside.js';

/** The external services that a supervisor of this run follows. */
export function outsideOf(): readonly Outside[] {
  return [];
}
