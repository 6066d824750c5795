import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { sanitizeLine } from '../core/terminal-text.js';
import { identityOfChild } from './identity.js';
import { stopTree, TreeTracker } from './process-tree.js';
import { spawnFailure } from './spawn-failure.js';

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly timeoutMs: number;
  /** Gets stdout and stderr as they come, appended; made with mode 0600. */
  readonly logFile: string | null;
  /** Stops the program and everything it started as soon as it is aborted. */
  readonly stop?: AbortSignal;
}

export interface ProgramResult {
  /** 127: the program could not be started, as a shell would say. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  /** The last 8 KB of what it printed, stdout and stderr in order, without terminal escapes. */
  readonly outputTail: string;
}

/** Enough to see why a test run failed, little enough to quote. */
const TAIL_BYTES = 8 * 1024;
/** A program that had its whole time gets this long to clean up before SIGKILL. */
const KILL_AFTER_MS = 5_000;
/** What shells say of a program that is not there. */
const NOT_STARTED = 127;
/** Marks everything the program starts, so that nothing of it outlives its time. */
const MARKER = 'O8_PROGRAM';

/**
 * Runs a program to its end in a process group of its own; when its time is over, everything it started is stopped.
 * Never rejects because of the program. Its output goes to a file, so a background child that keeps the output open
 * does not keep us waiting.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('runProgram needs a program');
  const output = options.logFile === null ? await openTemporary() : await openLog(options.logFile);
  try {
    const { size: start } = await output.stat();
    const mark = options.logFile === null ? randomUUID() : markOf(argv, options.logFile);
    if (options.logFile !== null) await stopLeftBehind(`${MARKER}=${mark}`);
    const stream = output.createWriteStream({ autoClose: false }); // execa hands its descriptor on and writes nothing
    const child = execa(program, args, {
      cwd: options.cwd,
      env: { ...options.env, [MARKER]: mark },
      extendEnv: false,
      stdin: 'ignore',
      stdout: stream,
      stderr: stream,
      detached: true,
      reject: false,
    });
    const timer = new AbortController();
    const stopped = stopAfter(options, timer.signal, child.pid, `${MARKER}=${mark}`);
    const result = await child;
    timer.abort();
    const timedOut = await stopped;
    const tail = await readTail(output, start);
    if (result.exitCode === undefined && result.signal === undefined) {
      return {
        code: NOT_STARTED,
        signal: null,
        timedOut,
        outputTail: spawnFailure(program, options.cwd, result.cause),
      };
    }
    return { code: result.exitCode ?? null, signal: result.signal ?? null, timedOut, outputTail: tail };
  } finally {
    await output.close();
  }
}

/** The same when a later process runs this again, and another for each command that shares the log. */
function markOf(argv: readonly string[], logFile: string): string {
  return createHash('sha256')
    .update(JSON.stringify([logFile, ...argv]))
    .digest('hex');
}

/** A caller that was killed may have left this very program running, where another one is about to start. */
async function stopLeftBehind(marker: string): Promise<void> {
  await stopTree(new TreeTracker({ root: null, marker, except: [] }), KILL_AFTER_MS);
}

async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return open(path, 'a+', 0o600);
}

/** Runs a command line of the user's own (setup, verify, validation), and nothing else, in `sh`. */
export async function runShellCommand(command: string, options: ProgramOptions): Promise<ProgramResult> {
  return runProgram(['sh', '-c', command], options);
}

/** Absolute path of an executable, looked up on `env.PATH` unless `name` is a path itself; null when there is none. */
export async function findProgram(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = name.includes('/') ? [resolve(name)] : folders.map((folder) => resolve(folder, name));
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // missing, forbidden, behind a file: for the caller all of them mean "not here"
  }
}

/** Stops the whole tree when its time is over (true) or the caller says so (false), unless it `ended` first (false). */
async function stopAfter(
  { timeoutMs, stop }: ProgramOptions,
  ended: AbortSignal,
  pid: number | undefined,
  marker: string,
): Promise<boolean> {
  const root = pid === undefined ? null : await identityOfChild(pid);
  try {
    await sleep(timeoutMs, undefined, { signal: AbortSignal.any([ended, ...(stop === undefined ? [] : [stop])]) });
  } catch (error) {
    if (ended.aborted) return false;
    if (stop?.aborted !== true) throw error;
  }
  await stopTree(new TreeTracker({ root, marker, except: [] }), KILL_AFTER_MS);
  return stop?.aborted !== true;
}

/** A file without a name: it goes when we close it, or end. */
async function openTemporary(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-output-'));
  try {
    return await open(join(folder, 'output'), 'a+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The end of what was written since `start`. */
async function readTail(output: FileHandle, start: number): Promise<string> {
  const { size } = await output.stat();
  const from = Math.max(start, size - TAIL_BYTES);
  const { buffer, bytesRead } = await output.read(Buffer.alloc(size - from), 0, size - from, from);
  const text = buffer.toString('utf8', 0, bytesRead);
  const whole = from === start ? text : text.replace(/^\ufffd+/, ''); // half a character where it was cut
  return whole
    .split(/\r\n|\r|\n/)
    .map(sanitizeLine)
    .join('\n');
}
