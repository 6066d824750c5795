/** Starting programs, against a Node that does nothing. */
import { join } from 'node:path';
import { alternate } from '../support/alternate.mjs';
import { measured } from '../support/enclosure.mjs';
import { answeredList } from '../support/mcp.mjs';
import { o8, PLAN, plannedRepository, sleepingAgent } from '../support/plan.mjs';
import { ratio } from '../support/rows.mjs';

const AGAINST = 'node -e 0';
const TASKS = 20;
/** These take a tenth of a second: more rounds cost nothing and settle the median. */
const ROUNDS_MORE = 3;

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure(bench) {
  const tasks = bench.tiny ? 2 : TASKS;
  const ran = await plannedRepository(join(bench.folder, 'ran'), {
    tasks,
    files: 10,
    agent: sleepingAgent(0),
    slots: 8,
  });
  const run = await measured(o8('run', PLAN, '--yes'), ran.where);
  if (run.code !== 0) throw new Error(`o8 run: exit ${run.code}\n${run.stdout}${run.stderr}`);
  const fresh = await plannedRepository(join(bench.folder, 'fresh'), {
    tasks,
    files: 10,
    agent: sleepingAgent(0),
    slots: 8,
  });
  const good = async (/** @type {string[]} */ command, /** @type {typeof ran} */ { where }) => {
    const cost = await measured(command, where);
    if (cost.code !== 0) throw new Error(`${command.join(' ')}: ${cost.stderr}`);
    return cost;
  };
  const sides = {
    node: () => good([process.execPath, '-e', '0'], fresh),
    mcp: () => answeredList(fresh.where),
    version: () => good(o8('--version'), fresh),
    status: () => good(o8('status'), ran),
    plan: () => good(o8('plan', PLAN), fresh),
  };
  for (const side of bench.tiny ? [] : Object.values(sides)) await side(); // files are in the cache, compiled code too
  const costs = await alternate(bench.tiny ? 1 : bench.rounds * ROUNDS_MORE, sides);
  /** @type {readonly (readonly [Exclude<keyof typeof sides, 'node'>, string, {cpu: number, wall: number}])[]} */
  const rows = [
    ['mcp', 'MCP server until its tool list is answered', { cpu: 2, wall: 3.5 }],
    ['version', 'o8 --version', { cpu: 1.4, wall: 1.5 }],
    ['status', `o8 status, ${TASKS} tasks done`, { cpu: 2.2, wall: 4 }],
    ['plan', `o8 plan, ${TASKS} tasks`, { cpu: 4, wall: 6 }],
  ];
  return rows.flatMap(([side, what, limits]) =>
    /** @type {const} */ (['cpu', 'wall']).map((of) =>
      ratio({
        id: `start-${side}-${of}`,
        what,
        against: AGAINST,
        of,
        limit: limits[of],
        costs: costs[side],
        baseline: costs.node,
      }),
    ),
  );
}
