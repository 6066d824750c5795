import { expect, it } from 'vitest';
import { clockTime } from '../../../../src/core/text/clock-time.js';

const now = new Date(2026, 10, 21, 14, 0, 0);

it('is the reader’s clock, with the date only where that is not clear', () => {
  expect(clockTime(new Date(2026, 10, 21, 19, 5, 9), now)).toBe('19:05:09');
  expect(clockTime(new Date(2026, 10, 22, 2, 0, 0), now)).toBe('02:00:00');
  expect(clockTime(new Date(2026, 10, 28, 8, 30, 0), now)).toBe('2026-11-28 08:30:00');
});
