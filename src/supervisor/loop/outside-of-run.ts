import type { PullDesk } from '../pulls/pull-desk.js';
import type { Outside } from '../run/outside.js';

/** The external services that a supervisor of this run follows. */
export function outsideOf(pulls: PullDesk | null): readonly Outside[] {
  return pulls === null ? [] : [pulls, pulls.reviews];
}
