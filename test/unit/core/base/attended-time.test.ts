import { expect, it } from 'vitest';
import { AttendedTime } from '../../../../src/core/base/attended-time.js';

it('counts the time between two looks', () => {
  const time = new AttendedTime(1_000);
  expect([time.at(1_250), time.at(2_250), time.at(2_250)]).toEqual([250, 1_250, 1_250]);
});

it('counts little of a time in which nobody could look, however long', () => {
  const time = new AttendedTime(0);
  expect(time.at(1_000)).toBe(1_000);
  expect(time.at(8 * 3_600_000)).toBe(6_000); // the process was stopped meanwhile
  expect(time.at(8 * 3_600_000 + 1_000)).toBe(7_000);
});

it('never goes back', () => {
  const time = new AttendedTime(5_000);
  expect([time.at(6_000), time.at(4_000), time.at(6_500)]).toEqual([1_000, 1_000, 1_500]);
});
