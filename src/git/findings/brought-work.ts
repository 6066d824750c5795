import type { Plan } from '../../core/plan/plan.js';
import type { Repository } from '../door/repository.js';
import type { Difference } from '../diff/tree-difference.js';

/**
 * The change that merging a task's branch makes to the target: `onto` is replaced by `commit`. `tip` is the tip of the
 * branch.
 */
export interface Brought {
  readonly onto: string;
  readonly commit: string;
  readonly tip: string;
  /** Every path that differs between the two. */
  readonly differences: readonly Difference[];
}

/** The run whose work is checked. */
export interface HeldRun {
  readonly repo: Repository;
  readonly plan: Plan;
}
