/** A review that gave no verdict. */
export interface FailedReview {
  readonly why: string;
  /** When, in milliseconds. */
  readonly at: number;
  /** Reviews of the same commit that ran and gave none. */
  readonly tries: number;
}

/** What ended one, such as a limit or a network that is gone, is often over by then. */
const AGAIN_MS = 5 * 60_000;
/** Each costs tokens: an agent that gave no verdict three times gives none. */
const MOST_TRIES = 3;

/** Whether a run that merges by itself asks for a review again; a person may always ask. */
export function mayReviewAgain({ at, tries }: FailedReview, now: number): boolean {
  return tries < MOST_TRIES && now - at >= AGAIN_MS;
}
