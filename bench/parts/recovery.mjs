/**
 * From the command that resumes a run of 100 tasks, whose supervisor was killed while agents run, until a new one has taken
 * them over; with journals of different length.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { loadSource } from '../support/project.mjs';
import { median } from '../support/rows.mjs';
import { StandingRun } from '../support/standing-run.mjs';

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, full, tiny }) {
  /** @type {typeof import('../../test/support/runs/long-journal.js')} */
  const source = await loadSource(folder, 'test/support/runs/long-journal.ts');
  const [tasks, slots] = tiny ? [4, 2] : [100, 8];
  const lengths = tiny ? [100] : full ? [1000, 10_000, 100_000] : [1000, 10_000];
  const run = await StandingRun.open(join(folder, 'run'), { tasks, slots, files: 10 });
  try {
    if (run.group === null) return lengths.map((length) => rowOf(tasks, length, []));
    const journal = join(await run.folder(), 'journal.jsonl');
    /** @type {import('../support/rows.mjs').Row[]} */
    const rows = [];
    for (const length of lengths) {
      /** @type {number[]} */
      const seconds = [];
      for (let round = 0; round < rounds; round += 1) {
        await killed(run);
        await source.lengthenJournal(journal, basename(await run.folder()), run.ids.slice(slots), length);
        const from = performance.now();
        await Promise.all([run.o8('spawn', '--resume'), adopted(run)]);
        seconds.push((performance.now() - from) / 1000);
      }
      rows.push(rowOf(tasks, length, seconds));
    }
    return [...rows, ...growth(rows)];
  } finally {
    await run.close();
  }
}

/**
 * @param {number} tasks
 * @param {number} length
 * @param {number[]} values
 * @returns {import('../support/rows.mjs').Row}
 */
function rowOf(tasks, length, values) {
  const what = `kill -9 to adoption, ${tasks} tasks, ${length} events`;
  return {
    id: `recovery-${length}`,
    what,
    against: '-',
    unit: 's',
    limit: 1,
    values,
    others: null,
    ...(values.length === 0 ? { note: 'needs a control group' } : {}),
  };
}

/**
 * Ten times the events must not take more than ten times as long.
 * @param {readonly import('../support/rows.mjs').Row[]} rows
 * @returns {import('../support/rows.mjs').Row[]}
 */
function growth(rows) {
  const [first, middle, last] = rows.map(({ values }) => median(values));
  if (first === undefined || middle === undefined || last === undefined) return [];
  const value = (last - middle) / 90 / ((middle - first) / 9);
  return [
    {
      id: 'recovery-growth',
      what: 'time an event, from 10 to 100 thousand',
      against: 'from 1 to 10 thousand',
      unit: 'times',
      limit: 1.5,
      values: [value],
      others: null,
    },
  ];
}

/** @param {StandingRun} run */
async function killed(run) {
  const { supervisor } = await run.processes();
  for (const pid of supervisor) process.kill(pid, 'SIGKILL');
  await run.until(async () => (await run.processes()).supervisor.length === 0);
}

/**
 * Published by the new supervisor when it has looked at everything once.
 * @param {StandingRun} run
 */
async function adopted(run) {
  const before = await owner(run);
  await run.until(async () => (await owner(run)) !== before);
}

/** @param {StandingRun} run */
async function owner(run) {
  const text = await readFile(join(run.root, '.claude', 'parallel-queue.json'), 'utf8').catch(() => '{}');
  return JSON.parse(text).supervisor?.pid ?? null;
}
