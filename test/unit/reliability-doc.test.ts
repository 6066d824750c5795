import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

it('docs/reliability.md names tests that exist, at least one for each promise', () => {
  const rows = readFileSync(resolve(ROOT, 'docs/reliability.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (-|promise|an agent that …)/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const tests = [...row.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, path]) => path ?? '');
    expect(tests, row).not.toEqual([]);
    for (const path of tests) expect(existsSync(resolve(ROOT, 'test', path)), path).toBe(true);
  }
});
