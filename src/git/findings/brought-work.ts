import type { Plan } from '../../core/plan/plan.js';
import type { Repository } from '../door/repository.js';
import type { Difference } from '../diff/tree-difference.js';

/** What landing a task's branch would do to the target: `commit` in place of `onto`. `tip` is the branch's. */
export interface Brought {
  readonly onto: string;
  readonly commit: string;
  readonly tip: string;
  /** Every path that differs between the two. */
  readonly differences: readonly Difference[];
}

/** The run whose work is looked at. */
export interface HeldRun {
  readonly repo: Repository;
  readonly plan: Plan;
}
