/**
 * What o8 costs, each figure against a named baseline in the same run.
 *
 *   npm run bench -- [part …] [--full] [--rounds <n>] [--save] [--json]
 *
 * Prints a table (--json: the rows), writes bench/results/newest.json, and says what moved against bench/results.json, which --save
 * replaces. See bench/README.md.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { counter } from './support/enclosure.mjs';
import { NEWEST, RESULTS } from './support/project.mjs';
import { git } from './support/repository.mjs';
import { moved, readResults, saveResults } from './support/results.mjs';
import { markdown, table } from './support/table.mjs';

/**
 * `folder`: a part's own, empty. `rounds`: at least five, but for parts that say otherwise. `tiny`: only whether the
 * parts work, as small as possible.
 * @typedef {{folder: string, rounds: number, full: boolean, tiny: boolean}} Bench
 * @typedef {import('./support/rows.mjs').Row} Row
 */

/** One file in parts/ each, in this order. */
const PARTS = /** @type {const} */ ([
  'starts',
  'runs',
  'merge',
  'makespan',
  'worktrees',
  'dry-run',
  'cleanup',
  'status',
  'tokens',
  'idle',
  'recovery',
  'many',
]);
/** Files in memory: creating them on a disk costs more than all that is measured. */
const MEMORY = '/dev/shm';
const ROUNDS = 5;

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string', default: String(ROUNDS) },
    save: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !PARTS.some((part) => part === name));
if (unknown.length > 0) {
  console.error(`Error: no part ${unknown.join(', ')}. Parts: ${PARTS.join(', ')}`);
  process.exit(2);
}

if (values.markdown) {
  console.log(markdown((await readResults(RESULTS))?.rows ?? []));
  process.exit(0);
}

const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? process.arch}, node ${process.version}, ${git('/', ['version'])}`;
const home = existsSync(MEMORY) ? MEMORY : tmpdir();
console.error(
  `${machine}\nrepositories in ${home}, processor time: ${counter().kind}, load ${loadavg()[0]?.toFixed(1)}\n`,
);
/** @type {Row[]} */
const rows = [];
for (const part of PARTS.filter((name) => positionals.length === 0 || positionals.includes(name))) {
  const folder = await realpath(await mkdtemp(join(home, `o8-bench-${part}-`)));
  try {
    const { measure } = await import(`./parts/${part}.mjs`);
    const size = { full: values.full, tiny: values.tiny, rounds: values.tiny ? 1 : Math.max(1, Number(values.rounds)) };
    const found = /** @type {Row[]} */ (await measure({ folder, ...size }));
    console.error(`${part}: done`);
    rows.push(...found.map((row) => ({ part, ...row })));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
console.log(values.json ? JSON.stringify(rows, null, 2) : table(rows));
if (!values.tiny && !values.json) {
  const committed = await readResults(RESULTS);
  if (committed !== null) {
    const lines = moved(rows, committed);
    console.log(`\nAgainst bench/results.json: ${lines.length === 0 ? 'nothing moved.' : ''}`);
    for (const line of lines) console.log(`  ${line}`);
  }
  await saveResults(values.save ? RESULTS : NEWEST, { machine, rows });
}
