import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { spread } from './rows.mjs';
import { met, shown } from './table.mjs';

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {{machine: string, rows: Row[]}} Results
 */

/**
 * @param {string} path
 * @returns {Promise<Results | null>}
 */
export async function readResults(path) {
  return existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : null;
}

/**
 * Rows that were not measured this time stay as they are in the file.
 * @param {string} path
 * @param {Results} results
 */
export async function saveResults(path, { machine, rows }) {
  const before = (await readResults(path))?.rows ?? [];
  const kept = before.map((row) => rows.find(({ id }) => id === row.id) ?? row);
  const added = rows.filter(({ id }) => !before.some((row) => row.id === id));
  await mkdir(dirname(path), { recursive: true });
  const rounded = [...kept, ...added].map((row) => ({
    ...row,
    ...spread(row.values),
    met: met(row),
    values: row.values.map((value) => Number(value.toPrecision(5))),
  }));
  await writeFile(path, `${JSON.stringify({ machine, rows: rounded }, null, 2)}\n`);
}

/**
 * One line for each row whose figure moved: neither median is between the quarters of the other.
 * @param {readonly Row[]} rows
 * @param {Results} committed
 */
export function moved(rows, committed) {
  return rows.flatMap((row) => {
    const before = committed.rows.find(({ id }) => id === row.id);
    if (before === undefined || before.values.length === 0 || row.values.length === 0) return [];
    const [then, now] = [spread(before.values), spread(row.values)];
    if (isWithin(now.median, then) || isWithin(then.median, now)) return [];
    const how = now.median < then.median ? 'better' : 'worse';
    return [`${row.what} (${row.against}): ${shown(then.median, row)} -> ${shown(now.median, row)}, ${how}`];
  });
}

/**
 * @param {number} value
 * @param {{low: number, high: number}} quarters
 */
function isWithin(value, { low, high }) {
  return value >= low && value <= high;
}
