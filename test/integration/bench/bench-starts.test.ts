import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Twelve parts with nine small runs: 20 s of CPU, and ten times as long where twenty other programs want the cores. */
const TIMEOUT_MS = 600_000;

it('the benchmark measures something in each of its parts', { timeout: TIMEOUT_MS }, async () => {
  const parts = readdirSync('bench/parts').map((file) => file.replace('.mjs', ''));
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/bench.mjs', '--tiny', '--json']);
  const rows = JSON.parse(stdout) as { part: string; values: (number | null)[] }[];
  expect(new Set(rows.map(({ part }) => part))).toEqual(new Set(parts));
  // Where processor time cannot be counted, there are other rows.
  for (const { values } of rows) expect(values.every((value) => value !== null && value >= 0)).toBe(true);
  expect(rows.some(({ values }) => values.length > 0)).toBe(true);
});
