import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const DEMO = join(import.meta.dirname, '../../examples/demo.mjs');

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-demo-test-')));
  await mkdir(join(folder, 'home'));
  await mkdir(join(folder, 'tmp'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

it('the demo lands all five tasks on a machine without git configuration and leaves nothing behind', async () => {
  const env = { PATH: process.env['PATH'], HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp') };
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { env });
  expect(stdout).toContain('Summary: 5 completed');
  expect(stdout).toContain('Landed on main');
  expect(stdout).toContain('all checks pass');
  expect(await readdir(join(folder, 'tmp'))).toEqual([]);
});
