/**
 * How many of `count` stacked changes pass together: all, or those before the first that breaks (bisection, as bors
 * does with a batch). `passes(n)` checks the first n; 0 changes always pass. Calls it at most 1 + log2(count) times,
 * rounded up.
 */
export async function longestPassing(count: number, passes: (n: number) => Promise<boolean>): Promise<number> {
  if (count === 0 || (await passes(count))) return count;
  let good = 0;
  let bad = count;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (await passes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
