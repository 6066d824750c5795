import { expect, it } from 'vitest';
import type { ForgeTrouble } from '../../../../src/core/forge/forge.js';
import { nextLookMs } from '../../../../src/core/forge/next-look.js';

const NOW = Date.parse('2026-01-01T10:00:00Z');
const after = (trouble: ForgeTrouble, failed = 1): number => nextLookMs({ unchanged: 0, failed, trouble }, NOW) / 1000;

it('looks are rarer while nothing changes, and at most five minutes apart', () => {
  const looks = [0, 1, 2, 3, 20, 1e6].map(
    (unchanged) => nextLookMs({ unchanged, failed: 0, trouble: null }, NOW) / 1000,
  );
  expect(looks).toEqual([30, 45, 67.5, 101.25, 300, 300]);
});

it('a rate limit is waited for to its end, or longer each time where none is named', () => {
  expect(after({ kind: 'rate_limited', until: '2026-01-01T10:42:00Z' })).toBe(42 * 60 + 2);
  expect(after({ kind: 'rate_limited', until: '2026-01-01T09:00:00Z' })).toBe(60);
  expect([1, 2, 3, 9, 1e6].map((failed) => after({ kind: 'rate_limited', until: null }, failed))).toEqual([
    60, 120, 240, 900, 900,
  ]);
  expect(after({ kind: 'rate_limited', until: 'soon' })).toBe(60);
});

it('a network that is down is tried again later, and later each time', () => {
  expect([1, 2, 3, 9].map((failed) => after({ kind: 'unreachable', why: '' }, failed))).toEqual([30, 60, 120, 300]);
  expect(after({ kind: 'unknown', why: '' })).toBe(30);
  expect(after({ kind: 'no_login', why: '', hint: '' })).toBe(300);
});
