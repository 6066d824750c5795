/**
 * One figure of the table. `values`: one a round; none when it could not be measured, which `note` explains. `others`:
 * processor cores that other programs used meanwhile.
 * @typedef {'times' | 'percent' | 'MiB' | 'ms' | 's' | 'tokens' | 'count'} Unit
 * @typedef {{part?: string, id: string, what: string, against: string, unit: Unit, limit: number, values: number[], others: number | null, note?: string}} Row
 * @typedef {import('./enclosure.mjs').Cost} Cost
 */

/**
 * Median, and the quarters around it.
 * @param {readonly number[]} values
 */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)] ?? NaN;
    const above = sorted[Math.ceil(place)] ?? NaN;
    return below + (above - below) * (place - Math.floor(place));
  };
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

/** @param {readonly number[]} values */
export function median(values) {
  return spread(values).median;
}

/**
 * Cost against the baseline of the same round.
 * @param {{part?: string, id: string, what: string, against: string, of: 'wall' | 'cpu', limit: number, costs: readonly Cost[], baseline: readonly Cost[]}} row
 * @returns {Row}
 */
export function ratio({ id, what, against, of, limit, costs, baseline }) {
  const values = costs.map((cost, round) => {
    const other = baseline[round];
    if (other === undefined) throw new Error(`${id}: no baseline in round ${round}`);
    return of === 'wall' ? cost.wallMs / other.wallMs : (cost.cpuMs ?? NaN) / (other.cpuMs ?? NaN);
  });
  const row = /** @type {const} */ ({ id, what: `${what}: ${of}`, against, unit: 'times', limit });
  if (values.some(Number.isNaN))
    return { ...row, values: [], others: null, note: 'processor time cannot be counted here' };
  return { ...row, values, others: othersOf([...costs, ...baseline]) };
}

/** @param {readonly Cost[]} costs */
export function othersOf(costs) {
  const known = costs.flatMap(({ others }) => (others === null ? [] : [others]));
  return known.length === 0 ? null : median(known);
}
