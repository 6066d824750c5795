import { expect, it } from 'vitest';
import { makespanRatios } from '../../../support/runs/makespan.js';

/** Counted with a simulated clock, so that a loaded machine changes nothing. */
it('free slots are given out so that 200 tasks end close to the earliest possible time', { timeout: 60_000 }, () => {
  const ratios = makespanRatios(1, 200)
    .map(({ ratio }) => ratio)
    .sort((a, b) => a - b);
  expect(ratios).toHaveLength(18);
  expect(ratios.at(0)).toBeGreaterThanOrEqual(1);
  expect(ratios.at(9)).toBeLessThanOrEqual(1.03);
  expect(ratios.at(-1)).toBeLessThanOrEqual(1.15);
});
