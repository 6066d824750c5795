import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { longestValue } from '../../../../src/core/input/longest-value.js';
import { inputProblems, problemText } from '../../../../src/core/input/schema-words.js';

const schema = z.strictObject({
  since: z.coerce.number().int().min(0).optional(),
  agents: z.number().int().min(1).max(64).optional(),
  minutes: z.number().positive().max(10_080).optional(),
  notify: z.array(z.string()).min(1).or(z.string().min(1)).optional(),
  merge: z.strictObject({ into: z.enum(['integration', 'base']) }).optional(),
  waves: z.array(z.object({ tasks: z.array(z.string()) })).optional(),
  verify: z.string().max(10).optional(),
  yes: z.boolean().optional(),
  id: z.string().nullish(),
  own: z.string().regex(/^a/, 'must begin with a').optional(),
});

function said(input: unknown): string[] {
  const parsed = schema.safeParse(input);
  return inputProblems(schema, input, parsed.error?.issues ?? []).map((each) => problemText(each, 'the input'));
}

describe('the faults of an input', () => {
  it.each<[unknown, string]>([
    [{ agents: 'zero' }, 'agents must be a whole number from 1 to 64 (got "zero")'],
    [{ agents: 0 }, 'agents must be a whole number from 1 to 64 (got 0)'],
    [{ agents: 1.5 }, 'agents must be a whole number from 1 to 64 (got 1.5)'],
    [{ since: 'now' }, 'since must be a whole number of 0 or more (got "now")'],
    [{ minutes: 0 }, 'minutes must be a number above 0, at most 10080 (got 0)'],
    [{ notify: 5 }, 'notify must be a list of strings, at least 1, or a non-empty string (got 5)'],
    [{ merge: { into: 'main' } }, 'merge.into must be one of integration, base (got "main")'],
    [{ merge: {} }, 'merge.into is missing: it must be one of integration, base'],
    [{ merge: 'base' }, 'merge must be a JSON object (got "base")'],
    [{ waves: [{ tasks: ['a', 7] }] }, 'waves[0].tasks[1] must be a string (got 7)'],
    [{ verify: 'x'.repeat(11) }, 'verify must be a string of at most 10 characters (got "xxxxxxxxxxx")'],
    [{ yes: 'maybe' }, 'yes must be true or false (got "maybe")'],
    [{ id: 7 }, 'id must be a string (got 7)'],
    [{ own: 'b' }, 'own must begin with a'],
    [{ 'a\u001b[31m': 1 }, 'a\\u{1b}[31m is not known'],
    [[], 'the input must be a JSON object (got an empty list)'],
  ])('%j: %s', (input, expected) => {
    expect(said(input)).toEqual([expected]);
  });

  it('never repeat a value or a key of megabytes', () => {
    const huge = 'x'.repeat(3_000_000);
    expect(said({ agents: huge, [huge]: 1 }).join('').length).toBeLessThan(400);
  });
});

describe('longestValue', () => {
  it('names what is too large without repeating it', () => {
    const huge = 'x'.repeat(3_000_000);
    expect(longestValue({ dir: huge })).toBe('dir has 3000000 characters; at most 4096 are allowed');
    expect(longestValue({ skip: ['a', huge] })).toBe('skip[1] has 3000000 characters; at most 4096 are allowed');
    expect(longestValue({ skip: Array(501).fill('a') })).toBe('skip has 501 entries; at most 500 are allowed');
    expect(longestValue({ [huge]: huge })?.length).toBeLessThan(200);
    expect(longestValue(JSON.parse(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`))).toContain('nested deeper');
    expect(longestValue({ dir: 'parallel/shop', skip: ['a'], wave: 1 })).toBeNull();
  });
});
