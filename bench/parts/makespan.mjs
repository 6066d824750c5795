/**
 * How well free slots are given out: the rules of src/core with a simulated clock, 200 tasks with log-normal durations that
 * nobody knows beforehand, in the six shapes of test/support/runs/simulated-graph.ts, 4, 8 and 16 slots. Counted, not timed.
 */
import { loadSource } from '../support/project.mjs';
import { median } from '../support/rows.mjs';

const AGAINST = 'max(longest chain, work / slots)';

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, tiny }) {
  /** @type {typeof import('../../test/support/runs/makespan.js')} */
  const { makespanRatios } = await loadSource(folder, 'test/support/runs/makespan.ts');
  // The median of each shape and number of slots, over graphs and durations made by chance.
  const graphs = Array.from({ length: rounds }, (_, round) => makespanRatios(round + 1, tiny ? 20 : 200));
  const ratios = (graphs[0] ?? []).map((_, at) => median(graphs.map((each) => each[at]?.ratio ?? NaN)));
  const row = /** @type {const} */ ({ against: AGAINST, unit: 'times', others: null });
  return [
    {
      ...row,
      id: 'makespan-median',
      what: 'makespan of 200 tasks, six shapes: median',
      limit: 1.03,
      values: [median(ratios)],
    },
    {
      ...row,
      id: 'makespan-worst',
      what: 'makespan of 200 tasks, six shapes: worst',
      limit: 1.15,
      values: [Math.max(...ratios)],
    },
  ];
}
