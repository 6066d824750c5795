import { expect, it } from 'vitest';
import { mayReviewAgain } from '../../../../src/core/forge/review-again.js';

it('a run asks again for a review after a while, and not for ever', () => {
  const failed = { why: 'no verdict', at: 1_000_000, tries: 1 };
  expect(mayReviewAgain(failed, 1_000_000 + 60_000)).toBe(false);
  expect(mayReviewAgain(failed, 1_000_000 + 5 * 60_000)).toBe(true);
  expect(mayReviewAgain({ ...failed, tries: 3 }, 1_000_000 + 86_400_000)).toBe(false);
});
