/** What o8 uses while agents work and nothing happens: processor time of one core, and memory. Linux only. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../support/rows.mjs';
import { StandingRun } from '../support/standing-run.mjs';

const AGAINST_CORE = 'one core';
const TICK_MS = 10;
/** What the start has left to do is done by then. */
const SETTLE_MS = 10_000;

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, full, tiny }) {
  const agents = tiny ? 2 : 50;
  const ms = tiny ? 500 : full ? 20_000 : 5_000;
  const run = await StandingRun.open(join(folder, 'run'), { tasks: agents, slots: agents, files: 10, follow: true });
  try {
    const pids = await run.processes();
    if (!tiny) await sleep(SETTLE_MS);
    /** @type {Record<'supervisor' | 'shim' | 'follower', number[]>} */
    const shares = { supervisor: [], shim: [], follower: [] };
    for (let round = 0; round < (run.group === null ? 0 : rounds); round += 1) {
      const before = await times(pids);
      await sleep(ms);
      const after = await times(pids);
      for (const name of /** @type {const} */ (['supervisor', 'shim', 'follower'])) {
        shares[name].push(((after[name] - before[name]) / ms) * 100);
      }
    }
    const note = run.group === null ? { note: 'needs a control group' } : {};
    const row = /** @type {const} */ ({ against: AGAINST_CORE, unit: 'percent', others: null, ...note });
    const resident = await memory(pids.supervisor, 'status', 'VmRSS');
    const shim = await memory(pids.shim, 'smaps_rollup', 'Pss');
    const size = /** @type {const} */ ({ against: '-', unit: 'MiB', others: null, ...note });
    return [
      {
        ...row,
        id: 'idle-supervisor',
        what: `supervisor of ${agents} waiting agents`,
        limit: 1,
        values: shares.supervisor,
      },
      { ...row, id: 'idle-follower', what: `o8 run that follows them`, limit: 0.3, values: shares.follower },
      { ...row, id: 'idle-shim', what: `${agents} shims together`, limit: 0, values: shares.shim },
      {
        ...size,
        id: 'memory-supervisor',
        what: `memory of the supervisor, ${agents} agents`,
        limit: 70,
        values: resident,
      },
      {
        ...size,
        id: 'memory-agent',
        what: 'memory that a running agent adds (its shim)',
        limit: 8,
        values: shim.length === 0 ? [] : [median(shim)],
      },
    ];
  } finally {
    await run.close();
  }
}

/**
 * Milliseconds of user and system time, with those of ended children.
 * @param {Awaited<ReturnType<StandingRun['processes']>>} pids
 */
async function times(pids) {
  const of = async (/** @type {number[]} */ list) => {
    const each = await Promise.all(list.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')));
    const fields = each.map((line) => line.slice(line.lastIndexOf(')') + 2).split(' '));
    return fields.flatMap((field) => field.slice(11, 15).map(Number)).reduce((sum, ticks) => sum + ticks * TICK_MS, 0);
  };
  return { supervisor: await of(pids.supervisor), shim: await of(pids.shim), follower: await of(pids.follower) };
}

/**
 * MiB of each process: `VmRSS` is all it has in memory, `Pss` divides what is shared by those who share it.
 * @param {readonly number[]} pids
 * @param {'status' | 'smaps_rollup'} file
 * @param {'VmRSS' | 'Pss'} name
 */
async function memory(pids, file, name) {
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/${file}`, 'utf8')));
  return texts.map((text) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN) / 1024);
}
