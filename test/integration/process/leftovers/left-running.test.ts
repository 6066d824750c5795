import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endKept } from '../../../../src/process/trees/end-kept.js';
import { processTable } from '../../../../src/process/trees/process-table.js';
import {
  runShellCommand,
  shellCommandMarker,
  type ProgramOptions,
} from '../../../../src/process/programs/run-program.js';
import { MarkedProcesses } from '../../../support/programs/marked-processes.js';

let folder: string;
let marked: MarkedProcesses;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-leftovers-')));
  marked = new MarkedProcesses();
});
afterEach(async () => {
  await marked.kill();
  await rm(folder, { recursive: true });
});

async function shell(command: string, more: Partial<ProgramOptions> = {}) {
  const env = { PATH: process.env['PATH'] ?? '', ...marked.environment };
  return runShellCommand(command, { cwd: folder, env, timeoutMs: 60_000, logFile: join(folder, 'log'), ...more });
}

async function pidIn(file: string): Promise<number> {
  return Number(await readFile(join(folder, file), 'utf8'));
}

describe('what a command leaves running when it ends', () => {
  test.each([
    ['in the background', 'sleep 1001 & echo $! > pid'],
    ['double-forked', '(sleep 1001 & echo $! > pid) & wait'],
    ['in a session of its own', `setsid sh -c 'echo $$ > pid; exec sleep 1001' & until test -s pid; do :; done`],
    ['without its environment', 'env -i sleep 1001 & echo $! > pid'],
    ['in a group of its own, without its environment', "bash -c 'set -m; env -i sleep 1001 & echo $! > pid'"],
  ])('%s is ended and named', async (_, command) => {
    const result = await shell(`${command}; echo done`);
    expect(result).toMatchObject({ code: 0, outputTail: 'done\n', ended: ['sleep 1001'], kept: [] });
    expect(await processTable.read(await pidIn('pid'))).toBeNull();
  });

  test('is ended even without environment, session and parent, if it was seen below the command before', async () => {
    const result = await shell(
      `env -i setsid sh -c 'echo $$ > pid; exec sleep 1001' & until test -e seen; do sleep 0.05; test -s pid && sleep 0.5 && touch seen; done`,
    );
    expect(result.ended).toEqual(['sleep 1001']);
    expect(await processTable.read(await pidIn('pid'))).toBeNull();
  });

  test('is not named when it ends by itself a moment later', async () => {
    expect(await shell('(sleep 0.2 &); exit 3')).toMatchObject({ code: 3, ended: [] });
  });

  test('is named by its command line, cut and without terminal escapes', async () => {
    const { ended } = await shell(`node -e 'setTimeout(() => {}, 1e6)' "$(printf 'a\\033[31mb')" ${'x'.repeat(200)} &`);
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatch(/^node -e setTimeout.*…$/);
    expect(ended[0]?.length).toBeLessThanOrEqual(80);
  });

  test('may keep running, and is found again by its recorded identity or its marker', async () => {
    const command = 'env -i sleep 1001 & echo $! > one; sleep 1002 & echo $! > two';
    const result = await shell(command, { leftovers: 'keep' });
    const pids = [await pidIn('one'), await pidIn('two')];
    expect(result.ended).toEqual([]);
    expect(new Set(result.kept.map(({ pid }) => pid))).toEqual(new Set(pids));
    for (const pid of pids) expect(await processTable.read(pid)).not.toBeNull();
    const marker = shellCommandMarker(command, join(folder, 'log'));
    expect(await endKept({ marker, seen: [] }, 1000)).toEqual(['sleep 1002']);
    const stale = result.kept.map((identity) => ({ ...identity, start: `${identity.start}0` }));
    expect(await endKept({ marker, seen: stale }, 1000)).toEqual([]); // another process by now
    expect(await endKept({ marker, seen: result.kept }, 1000)).toEqual(['sleep 1001']);
    for (const pid of pids) expect(await processTable.read(pid)).toBeNull();
  });
});
