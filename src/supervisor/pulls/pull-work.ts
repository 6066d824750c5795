import type { Reviewing } from './review-pull.js';
import type { ReviewQueue } from './review-queue.js';

/** `review`: a reading agent looks at it first. `by`: who wishes it; a run does not ask again for a review that failed. */
export type MergeWish = { readonly review: false } | { readonly review: true; readonly by: 'user' | 'run' };

export interface PullWork extends Reviewing {
  readonly remote: string;
  readonly reviews: ReviewQueue;
  /** Fetches the base branch; false where that is not possible now. */
  readonly refresh: () => Promise<boolean>;
  /** Something that was merged has to be cleaned up when the forge answers again. */
  readonly cleanLater: () => void;
}
