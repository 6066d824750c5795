import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LogReader } from '../../../src/store/logs/log-reader.js';

async function logFile(text: string | null): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-log-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'pipeline.log');
  if (text !== null) await writeFile(path, text);
  return path;
}

async function rest(reader: LogReader): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const lines = await reader.next();
    if (lines.length === 0) return all;
    all.push(...lines);
  }
}

describe('a log reader', () => {
  it('gives each whole line once, as the log grows', async () => {
    const path = await logFile(null);
    const reader = new LogReader(path);
    expect(await reader.next()).toEqual([]);
    await writeFile(path, 'one\n\nthr');
    expect(await rest(reader)).toEqual(['one', '']);
    await appendFile(path, 'ee\n');
    expect(await rest(reader)).toEqual(['three']);
    expect(await reader.next()).toEqual([]);
  });

  it('gives a backlog of many megabytes completely', async () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `${String(index)} ${'x'.repeat(100)}`);
    expect(await rest(new LogReader(await logFile(`${lines.join('\n')}\n`)))).toEqual(lines);
  });

  it('gives a line longer than any of ours in pieces', async () => {
    const reader = new LogReader(await logFile(`${'ü'.repeat(1_500_000)}\nend\n`));
    const lines = await rest(reader);
    expect(lines.at(-1)).toBe('end');
    expect(lines.join('').length).toBeGreaterThanOrEqual(1_500_000);
  });

  it('continues at the end of a log that was cut back', async () => {
    const path = await logFile('one\ntwo\nthree\n');
    const reader = new LogReader(path);
    await rest(reader);
    await truncate(path, 4);
    expect(await reader.next()).toEqual([]);
    await appendFile(path, 'again\n');
    expect(await rest(reader)).toEqual(['again']);
  });

  it.each([
    [2, ['two', 'three']],
    [3, ['one', 'two', 'three']],
    [9, ['one', 'two', 'three']],
    [0, []],
  ])('gives the last %i lines, then what follows', async (count, expected) => {
    const path = await logFile('one\ntwo\nthree\nunfin');
    const reader = new LogReader(path);
    expect(await reader.tail(count)).toEqual(expected);
    await appendFile(path, 'ished\n');
    expect(await rest(reader)).toEqual(['unfinished']);
  });

  it('finds the last lines of a large log without reading all of it', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `${String(index)} ${'x'.repeat(100)}`);
    const path = await logFile(`${lines.join('\n')}\n`);
    expect(await new LogReader(path).tail(20_000)).toEqual(lines.slice(-20_000));
  });

  it('has no last lines if there is no log, or no whole line', async () => {
    expect(await new LogReader(await logFile(null)).tail(5)).toEqual([]);
    expect(await new LogReader(await logFile('')).tail(5)).toEqual([]);
    expect(await new LogReader(await logFile('begun')).tail(5)).toEqual([]);
  });
});
