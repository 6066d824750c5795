import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bundledProgram } from '../../../src/process/base/bundle.js';
import { startDetached } from '../../../src/process/programs/detach.js';
import { freeDiskMB, freeMemoryMB } from '../../../src/process/programs/machine-resources.js';
import { MarkedProcesses } from '../../support/programs/marked-processes.js';
import { waitFor } from '../../support/waiting/wait-for.js';

let folder: string;
let marked: MarkedProcesses;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'o8-detach-'));
  marked = new MarkedProcesses();
});
afterEach(async () => {
  await marked.kill();
  await rm(folder, { recursive: true });
});

test('a detached program has a session of its own, no stdin, and its output in the log file', async () => {
  const logFile = join(folder, 'log');
  const env = { PATH: process.env['PATH'] ?? '', ...marked.environment };
  const pid = await startDetached(['sh', '-c', 'cat; echo out; echo err >&2; exec sleep 600'], {
    cwd: folder,
    env,
    logFile,
  });
  await waitFor(async () => (await readFile(logFile, 'utf8')) === 'out\nerr\n', {
    timeoutMs: 10_000,
    what: 'its output',
  });
  expect((await stat(logFile)).mode & 0o777).toBe(0o600);
  const { stdout } = await promisify(execFile)('ps', ['-o', 'sess=', '-p', String(pid)]);
  expect(Number(stdout)).toBe(pid);
});

test('a program that cannot be started detached is refused by name', async () => {
  const options = { cwd: folder, env: { PATH: '' }, logFile: join(folder, 'log') };
  await expect(startDetached(['no-such-program'], options)).rejects.toMatchObject({
    code: 'supervisor_failed',
    message: 'Program "no-such-program" was not found on PATH.',
  });
});

test('a bundled program is a file, and a missing one is named', async () => {
  expect((await stat(bundledProgram('shim.js'))).isFile()).toBe(true);
  expect(() => bundledProgram('no-such.js')).toThrow(/no-such\.js/);
});

test('free disk space is reported also for a folder that does not exist yet', async () => {
  const here = await freeDiskMB(folder);
  expect(here).toBeGreaterThan(0);
  expect(Math.abs((await freeDiskMB(join(folder, 'not', 'yet'))) - here)).toBeLessThan(1_000);
});

test('free memory is reported in MB', () => {
  expect(freeMemoryMB()).toBeGreaterThan(10);
  expect(freeMemoryMB()).toBeLessThan(10_000_000);
});
