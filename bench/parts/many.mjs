/** Runs of many tasks without work: whether the merge queue keeps up, and whether worktrees pile up. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { measured } from '../support/enclosure.mjs';
import { o8, oneAfterTheOther, PLAN, plannedRepository, sleepingAgent } from '../support/plan.mjs';
import { ratio } from '../support/rows.mjs';
import { script } from './runs.mjs';

const SLOTS = 8;
const FILES = 2000;
/** Worktrees of tasks that have ended and are not tidied yet. */
const MORE_WORKTREES = 16;
const LOOK_MS = 100;
const AGAINST = 'xargs, worktree add, agent, merge-tree, remove';

/**
 * Runs of minutes: one round by default, three in full.
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, full, tiny }) {
  const counts = tiny ? [2] : full ? [50, 200, 500] : [50, 200];
  const rounds = full ? 3 : 1;
  /** @type {import('../support/rows.mjs').Row[]} */
  const rows = [];
  /** @type {number[]} */
  let first = [];
  for (const tasks of counts) {
    const size = { tasks, seconds: 0, slots: SLOTS, files: tiny ? 10 : FILES };
    /** @type {import('../support/rows.mjs').Cost[]} */
    const baseline = [];
    /** @type {Awaited<ReturnType<typeof watchedRun>>[]} */
    const costs = [];
    for (let round = 0; round < rounds; round += 1) {
      baseline.push(await script(join(folder, `script-${tasks}-${round}`), 'merged', size));
      costs.push(await watchedRun(join(folder, `run-${tasks}-${round}`), size));
    }
    const each = costs.map(({ wallMs }) => wallMs / tasks);
    const row = { what: `${tasks} tasks of 0 s, ${SLOTS} slots`, against: AGAINST, costs, baseline };
    rows.push(
      ratio({ ...row, id: `many-${tasks}-wall`, of: 'wall', limit: 1.5 }),
      ratio({ ...row, id: `many-${tasks}-cpu`, of: 'cpu', limit: 2 }),
      {
        id: `many-${tasks}-worktrees`,
        what: `${tasks} tasks: most worktrees at a time`,
        against: '-',
        unit: 'count',
        limit: SLOTS + MORE_WORKTREES,
        values: costs.map(({ most }) => most),
        others: null,
      },
    );
    if (first.length === 0) first = each;
    else {
      const values = each.map((ms, round) => ms / (first[round] ?? NaN));
      rows.push({
        id: `many-${tasks}-growth`,
        what: `time a task with ${tasks} tasks: wall`,
        against: `o8 with ${counts[0]} tasks`,
        unit: 'times',
        limit: 1.2,
        values,
        others: null,
      });
    }
  }
  return rows;
}

/**
 * A whole run, and the most worktrees that were there.
 * @param {string} folder
 * @param {import('./runs.mjs').Size} size
 */
async function watchedRun(folder, size) {
  const { ids, root, where } = await plannedRepository(folder, { ...size, agent: sleepingAgent(size.seconds) });
  let most = 0;
  const look = setInterval(() => {
    readdir(join(root, '.git', 'worktrees'))
      .then(({ length }) => (most = Math.max(most, length)))
      .catch(() => undefined); // none yet, or none left
  }, LOOK_MS);
  try {
    const cost = await measured(oneAfterTheOther([o8('run', PLAN, '--yes'), o8('merge')]), where);
    if (cost.code !== 0)
      throw new Error(`the run of ${ids.length} tasks failed: ${cost.stdout.slice(-2000)}${cost.stderr}`);
    return { ...cost, most };
  } finally {
    clearInterval(look);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
