/**
 * Runs each side once a round, in one order and then in the other, so that what else the machine does falls on all.
 * @template {string} Side
 * @template Result
 * @param {number} rounds
 * @param {Record<Side, (round: number) => Promise<Result>>} sides
 * @returns {Promise<Record<Side, Result[]>>}
 */
export async function alternate(rounds, sides) {
  const names = /** @type {Side[]} */ (Object.keys(sides));
  const results = /** @type {Record<Side, Result[]>} */ ({});
  for (const name of names) results[name] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      results[name].push(await sides[name](round));
    }
  }
  return results;
}
