import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestPassing } from '../../../../src/core/merge/longest-passing.js';

/** What was asked of a stack of which the change `broken` (from 1) breaks everything from there on. */
async function search(count: number, broken: number): Promise<{ good: number; asked: number[] }> {
  const asked: number[] = [];
  const good = await longestPassing(count, (n) => {
    asked.push(n);
    return Promise.resolve(n < broken);
  });
  return { good, asked };
}

describe('the longest stack of changes that passes', () => {
  it('is asked for once when all of them pass', async () => {
    expect(await search(8, 9)).toEqual({ good: 8, asked: [8] });
  });

  it('is none when the first one breaks, and one change alone is asked for once', async () => {
    expect((await search(4, 1)).good).toBe(0);
    expect(await search(1, 1)).toEqual({ good: 0, asked: [1] });
  });

  it('needs no check without changes', async () => {
    expect(await search(0, 1)).toEqual({ good: 0, asked: [] });
  });

  it('ends before the change that breaks it, asked for in a logarithm of its length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), async (count, seed) => {
        const broken = 1 + (seed % count);
        const { good, asked } = await search(count, broken);
        expect(good).toBe(broken - 1);
        expect(asked.length).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(count)));
        expect(new Set(asked).size).toBe(asked.length); // never the same one twice: each costs a run of the tests
        if (good > 0) expect(asked).toContain(good); // what lands was itself seen to pass
      }),
    );
  });
});
