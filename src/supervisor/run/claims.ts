import type { RefusedClaim } from '../../core/beads/refused-claim.js';

/** Whose a task is: nobody else's (also where that could not be asked), or a reason to leave it alone. */
export type Claim = { readonly kind: 'ours' } | RefusedClaim;

/** Where tasks belong to who is first. */
export interface Claims {
  /** Takes the task before anything is made for it; never rejects, and never takes long. */
  claim(task: string): Promise<Claim>;
  /** The labels of the task's issue; none where that could not be asked. */
  labels(task: string): Promise<readonly string[]>;
}
