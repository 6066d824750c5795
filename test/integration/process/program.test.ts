import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  findProgram,
  runProgram,
  runShellCommand,
  type ProgramOptions,
  type ProgramResult,
} from '../../../src/process/programs/run-program.js';
import { MarkedProcesses } from '../../support/programs/marked-processes.js';
import { waitFor } from '../../support/waiting/wait-for.js';

let folder: string;
let marked: MarkedProcesses;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-program-')));
  marked = new MarkedProcesses();
});
afterEach(async () => {
  await marked.kill();
  await rm(folder, { recursive: true });
});

async function shell(command: string, changes: Partial<ProgramOptions> = {}): Promise<ProgramResult> {
  const env = { PATH: process.env['PATH'] ?? '', ...marked.environment };
  return runShellCommand(command, { cwd: folder, env, timeoutMs: 600_000, logFile: null, ...changes });
}

describe('a program', () => {
  test('ends with its exit code and the end of what it printed, stdout and stderr in order', async () => {
    expect(await shell('echo one; echo two >&2; echo three; exit 3')).toEqual({
      code: 3,
      signal: null,
      timedOut: false,
      outputTail: 'one\ntwo\nthree\n',
      ended: [],
      kept: [],
    });
  });

  test('that was ended by a signal reports which', async () => {
    expect(await shell('kill -TERM $$')).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(await shell('exit 143')).toMatchObject({ code: 143, signal: null });
  });

  test('gets exactly the environment and the folder it is given, and no stdin', async () => {
    const result = await shell('pwd; echo "$COLOUR,$HOME"; cat; env | cut -d= -f1 | sort | tr "\\n" " "', {
      env: { PATH: process.env['PATH'] ?? '', COLOUR: 'blue' },
    });
    expect(result.outputTail).toBe(`${folder}\nblue,\nCOLOUR O8_PROGRAM PATH PWD `);
  });

  test('is stopped, when it was left behind by a killed caller, before it is started again', async () => {
    const logFile = join(folder, 'setup.log');
    const hang = 'echo $$ >> pids; test -e again || { touch hangs; sleep 1000; }';
    const first = shell(hang, { logFile });
    await waitFor(() => existsSync(join(folder, 'hangs')), { timeoutMs: 10_000, what: 'the first one to hang' });
    await writeFile(join(folder, 'again'), '');
    expect(await shell('true', { logFile })).toMatchObject({ code: 0 }); // another command of the same log
    const [pid = ''] = (await readFile(join(folder, 'pids'), 'utf8')).split('\n');
    expect(await marked.pids()).toContain(Number(pid));
    expect(await shell(hang, { logFile })).toMatchObject({ code: 0 });
    expect(await first).toMatchObject({ signal: 'SIGTERM' });
  });

  test('that is missing gives 127 and says so', async () => {
    const options = { cwd: folder, env: { PATH: '/nowhere' }, timeoutMs: 1_000, logFile: null };
    expect(await runProgram(['no-such-program'], options)).toEqual({
      code: 127,
      signal: null,
      timedOut: false,
      outputTail: 'Program "no-such-program" was not found on PATH.',
      ended: [],
      kept: [],
    });
  });

  test('in a folder that is missing gives 127 and names the folder', async () => {
    const result = await shell('true', { cwd: join(folder, 'gone') });
    expect(result.code).toBe(127);
    expect(result.outputTail).toContain(`Folder ${join(folder, 'gone')} does not exist`);
  });

  test('may print more than fits: the last 8 KB are kept, whole characters only', async () => {
    const { outputTail } = await shell(`${process.execPath} -e 'console.log("é".repeat(100000) + "end")'`);
    expect(outputTail).toMatch(/^é+end\n$/);
    expect(Buffer.byteLength(outputTail)).toBeLessThanOrEqual(8 * 1024);
    expect(Buffer.byteLength(outputTail)).toBeGreaterThan(8 * 1024 - 4);
  });

  test('cannot control the terminal through its output', async () => {
    const { outputTail } = await shell(String.raw`printf '\033[31mred\033[0m\007 \033]0;title\007 10%%\r20%%\r\n'`);
    expect(outputTail).toBe('red  10%\n20%\n');
  });

  test('appends its output to the log file, and its tail is its own', async () => {
    const logFile = join(folder, 'verify.log');
    await writeFile(logFile, 'earlier\n', { mode: 0o600 });
    const result = await shell('echo now', { logFile });
    expect(result.outputTail).toBe('now\n');
    expect(await readFile(logFile, 'utf8')).toBe('earlier\nnow\n');
  });

  test('makes the log file for its owner only', async () => {
    const logFile = join(folder, 'new.log');
    await shell('true', { logFile });
    expect((await stat(logFile)).mode & 0o777).toBe(0o600);
  });

  test('is stopped with everything it started at its time limit', async () => {
    const daemon = `require("child_process").spawn("sleep", ["600"], { detached: true });
      require("fs").writeFileSync("all", "")`;
    const command = `echo begun; sleep 600 & ${process.execPath} -e '${daemon}' & sleep 600`;
    let result = await shell(command, { timeoutMs: 1_500 });
    // A busy machine has not started everything by then.
    if (!existsSync(join(folder, 'all'))) result = await shell(command, { timeoutMs: 20_000 });
    expect(existsSync(join(folder, 'all'))).toBe(true);
    expect(result).toMatchObject({ code: null, signal: 'SIGTERM', timedOut: true, outputTail: 'begun\n' });
    expect(await marked.pids()).toEqual([]);
  });
});

describe('findProgram', () => {
  test('finds an executable on PATH, in the order of PATH', async () => {
    const path = join(folder, 'tool');
    await writeFile(path, '');
    await chmod(path, 0o755);
    expect(await findProgram('tool', { PATH: `/nowhere:${folder}` })).toBe(path);
    expect(await findProgram(path, {})).toBe(path);
  });

  test('passes over what is missing, a folder or not executable', async () => {
    await writeFile(join(folder, 'text'), '', { mode: 0o644 });
    expect(await findProgram('text', { PATH: folder })).toBeNull();
    expect(await findProgram('tool', { PATH: folder })).toBeNull();
    expect(await findProgram(folder, {})).toBeNull();
    expect(await findProgram('tool', {})).toBeNull();
  });
});
