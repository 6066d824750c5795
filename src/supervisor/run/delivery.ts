import type { PlannedTask } from '../../core/plan/plan.js';
import type { PullResult } from '../../core/run/request-results.js';
import type { Waits } from '../../core/run/rules/merge-branch.js';

/** `again`: somebody else changed the branch meanwhile, and it is to be looked at again. `later`: nothing answers now. */
export type Delivered = { readonly kind: 'delivered' | 'again' | 'later' } | ({ readonly kind: 'held' } & Waits);

/** Where proven work goes when o8 does not move the target itself: each task alone, to be merged by somebody else. */
export interface PullDelivery {
  /** Brings the target up to date. False where that is not possible now. */
  refresh(): Promise<boolean>;
  /** Nothing can be delivered before this time. */
  readonly notBefore: Date | null;
  /** `tip`: the task's work, which passed its checks together with the target. */
  deliver(task: PlannedTask, tip: string): Promise<Delivered>;
  /** Merges what may be merged now, of one task or of all, and says what holds back each of the others. */
  mergeNow(only: string | null, wish: { readonly review: boolean }): Promise<MergedNow>;
  /** A reading agent looks at the task's work, or is about to. */
  isReviewed(task: string): boolean;
  /** Null: of all tasks. */
  stopReviews(task: string | null): void;
}

/** `reviewed`: tasks whose work a reading agent looks at first; ask again afterwards. */
export interface MergedNow {
  readonly pulls: readonly PullResult[];
  readonly reviewed: readonly string[];
}
