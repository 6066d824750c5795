import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pauseEnd, plausibleReset, resetTimeIn } from '../../../../../src/core/agents/base/reset-time.js';

const now = new Date('2026-11-21T08:00:00Z');

describe('resetTimeIn', () => {
  it.each([
    ['Claude AI usage limit reached|1795255200', '2026-11-21T10:00:00.000Z'],
    ['limit reached|1795255200000', '2026-11-21T10:00:00.000Z'],
    ['try again at 2026-11-21T09:15:00Z please', '2026-11-21T09:15:00.000Z'],
    ["You've hit your session limit · resets 3pm (UTC)", '2026-11-21T15:00:00.000Z'],
    ["You've hit your session limit · resets 3:30pm (America/New_York)", '2026-11-21T20:30:00.000Z'],
    ['5-hour limit reached ∙ resets 7am (Europe/Berlin)', '2026-11-22T06:00:00.000Z'],
    ['limit · resets 12am (UTC)', '2026-11-22T00:00:00.000Z'],
    ['limit · resets 12pm (UTC)', '2026-11-21T12:00:00.000Z'],
    ["You've hit your weekly limit · resets Nov 25, 9am (UTC)", '2026-11-25T09:00:00.000Z'],
    ['weekly limit · resets Nov 25 at 9:05 am (UTC)', '2026-11-25T09:05:00.000Z'],
    ['weekly limit · resets Nov 25, 2026, 9am (UTC)', '2026-11-25T09:00:00.000Z'],
    ['limit · resets 3pm', '2026-11-21T15:00:00.000Z'],
    ['limit · resets 3pm (Nowhere/Land)', '2026-11-21T15:00:00.000Z'],
    ['rate limited, retry after 90 s', '2026-11-21T08:01:30.000Z'],
    ['resets in 2h', '2026-11-21T10:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(resetTimeIn(text, now, 'UTC')).toBe(expected);
  });

  it('takes a date of next year for next year', () => {
    expect(resetTimeIn('resets Jan 2, 9am (UTC)', new Date('2026-12-30T00:00:00Z'), 'UTC')).toBe(
      '2027-01-02T09:00:00.000Z',
    );
  });

  it('keeps to the clock on the wall when the clocks change before it', () => {
    // Clocks in New York went back one hour on 1 November 2026 at 2am.
    const before = new Date('2026-11-01T03:00:00Z');
    expect(resetTimeIn('resets 9am (America/New_York)', before, 'UTC')).toBe('2026-11-01T14:00:00.000Z');
  });

  it.each([
    ['limited'],
    ['API Error: 529 Overloaded'],
    [''],
    ['resets soon'],
    ['limit reached|12'],
    ['resets Foo 25, 9am (UTC)'],
  ])('knows no time in: %s', (text) => {
    expect(resetTimeIn(text, now, 'UTC')).toBeNull();
  });

  it('ignores a time at which no limit can end', () => {
    expect(resetTimeIn('|9999999999', now, 'UTC')).toBeNull();
    expect(plausibleReset(Number.NaN, now)).toBeNull();
    expect(plausibleReset(0, now)).toBeNull();
  });

  it('never throws, whatever the text', () => {
    const word = fc.constantFrom(
      'resets ',
      'at ',
      'Nov 99, ',
      '31',
      ':99',
      'pm',
      ' (',
      'UTC)',
      '|',
      '9999999999',
      'in 9 d',
      '(x)',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (text) => {
          const found = resetTimeIn(text, now, 'UTC');
          return found === null || !Number.isNaN(Date.parse(found));
        },
      ),
    );
  });
});

describe('pauseEnd', () => {
  const now = new Date('2026-11-21T08:00:00Z');

  it('is the end of the limit, and some minutes from now when nobody said', () => {
    expect(pauseEnd('2026-11-21T13:00:00.000Z', now)).toBe('2026-11-21T13:00:00.000Z');
    expect(pauseEnd(null, now)).toBe('2026-11-21T08:05:00.000Z');
  });

  it('is never in the past, or agents would start again and again', () => {
    expect(pauseEnd('2026-11-21T07:59:00.000Z', now)).toBe('2026-11-21T08:01:00.000Z');
    expect(pauseEnd('2026-11-21T08:00:00.000Z', now)).toBe('2026-11-21T08:01:00.000Z');
  });
});
