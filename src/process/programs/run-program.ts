import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, open, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { sanitizeLine } from '../../core/text/terminal-text.js';
import type { ProcessIdentity } from '../../core/base/process-identity.js';
import { identityAt, identityOfChild } from '../trees/identify-process.js';
import { endLeftBehind, GOES_BY_ITSELF_MS, leftBehind } from '../trees/end-left-behind.js';
import { stopTree, TreeTracker } from '../trees/process-tree.js';
import { spawnFailure } from '../base/spawn-failure.js';

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly timeoutMs: number;
  /** Receives stdout and stderr as they are printed, appended; created with mode 0600. */
  readonly logFile: string | null;
  /** When aborted, stops the program and everything it started. */
  readonly stop?: AbortSignal;
  /** What to do with processes that still run when it ends; `keep` is for services that others need. */
  readonly leftovers?: 'end' | 'keep';
  /** How long these processes may take to end by themselves; default one second. */
  readonly patienceMs?: number;
}

export interface ProgramResult {
  /** 127: the program could not be started, as in a shell. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  /** The last 8 KB of its output, stdout and stderr in order, without terminal escapes. */
  readonly outputTail: string;
  /** Command lines of processes it left running, which were stopped; safe to print. */
  readonly ended: readonly string[];
  /** The processes it left running, with `leftovers: 'keep'`. */
  readonly kept: readonly ProcessIdentity[];
}

/** Enough to see why a test run failed, short enough to quote. */
const TAIL_BYTES = 8 * 1024;
/** After its timeout, a program gets this long to clean up before SIGKILL. */
const KILL_AFTER_MS = 5_000;
/** The exit code of shells for a missing program. */
const NOT_STARTED = 127;
/** Marks everything the program starts, so that all of it can be stopped. */
const MARKER = 'O8_PROGRAM';
/**
 * How often the process tree is recorded while it runs: a process that drops the marker and leaves its session is known
 * only if it was seen below its parent. Most do that early, so the first intervals are short.
 */
const LOOK_MS = [20, 40, 80, 160, 320, 640] as const;
const LOOK_LATER_MS = 1_000;

/**
 * Runs a program in its own process group. On timeout, everything it started is stopped; when it ends, the processes it
 * left running are stopped or kept (`leftovers`). Never rejects because of the program. Output goes to a file, so a
 * background child that keeps the output open does not block.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('runProgram needs a program');
  const output = options.logFile === null ? await openTemporary() : await openLog(options.logFile);
  try {
    const { size: start } = await output.stat();
    const marker = options.logFile === null ? `${MARKER}=${randomUUID()}` : programMarker(argv, options.logFile);
    if (options.logFile !== null) await stopLeftBehind(marker);
    const stream = output.createWriteStream({ autoClose: false }); // execa passes on its descriptor and writes nothing
    const child = execa(program, args, {
      cwd: options.cwd,
      env: { ...options.env, [MARKER]: marker.slice(MARKER.length + 1) },
      extendEnv: false,
      stdin: 'ignore',
      stdout: stream,
      stderr: stream,
      detached: true,
      reject: false,
    });
    const timer = new AbortController();
    const root = child.pid === undefined ? null : await identityOfChild(child.pid);
    const tracker = new TreeTracker({ root, marker, except: [] });
    const looking = lookOn(tracker, timer.signal);
    const stopped = stopAfter(options, timer.signal, tracker);
    const result = await child;
    timer.abort();
    await looking;
    const timedOut = await stopped;
    const left = await afterItsEnd(tracker, options);
    const tail = await readTail(output, start);
    if (result.exitCode === undefined && result.signal === undefined) {
      return {
        code: NOT_STARTED,
        signal: null,
        timedOut,
        outputTail: spawnFailure(program, options.cwd, result.cause),
        ...left,
      };
    }
    return { code: result.exitCode ?? null, signal: result.signal ?? null, timedOut, outputTail: tail, ...left };
  } finally {
    await output.close();
  }
}

/**
 * `NAME=value` in the environment of everything this program starts: the same if a later process runs it again, and
 * different for each command that shares the log.
 */
function programMarker(argv: readonly string[], logFile: string): string {
  const mark = createHash('sha256')
    .update(JSON.stringify([logFile, ...argv]))
    .digest('hex');
  return `${MARKER}=${mark}`;
}

/** The marker of processes that `runShellCommand` starts with this log. */
export function shellCommandMarker(command: string, logFile: string): string {
  return programMarker(shell(command), logFile);
}

function shell(command: string): string[] {
  return ['sh', '-c', command];
}

async function lookOn(tracker: TreeTracker, ended: AbortSignal): Promise<void> {
  for (let looks = 0; ; looks += 1) {
    try {
      await sleep(LOOK_MS[looks] ?? LOOK_LATER_MS, undefined, { signal: ended });
    } catch {
      return; // it has ended
    }
    await tracker.look();
  }
}

async function afterItsEnd(
  tracker: TreeTracker,
  { leftovers = 'end', patienceMs = GOES_BY_ITSELF_MS }: ProgramOptions,
): Promise<Pick<ProgramResult, 'ended' | 'kept'>> {
  switch (leftovers) {
    case 'end':
      return { ended: await endLeftBehind(tracker, patienceMs, KILL_AFTER_MS), kept: [] };
    case 'keep': {
      const left = await leftBehind(tracker, 0);
      return { ended: [], kept: await Promise.all(left.map(async ({ pid, start }) => identityAt(pid, start))) };
    }
  }
}

/** A caller that was killed may have left the same program running; it must not run twice. */
async function stopLeftBehind(marker: string): Promise<void> {
  await stopTree(new TreeTracker({ root: null, marker, except: [] }), KILL_AFTER_MS);
}

async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return open(path, 'a+', 0o600);
}

/** Runs a command line from the user (setup, verify, validation) in `sh`; never use it for anything else. */
export async function runShellCommand(command: string, options: ProgramOptions): Promise<ProgramResult> {
  return runProgram(shell(command), options);
}

/** Absolute path of an executable, looked up in `env.PATH` unless `name` is a path; null if not found. */
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
    return false; // missing, forbidden, or below a file: not available in any case
  }
}

/** Stops the whole tree on timeout (true) or on the caller's request (false), unless it `ended` first (false). */
async function stopAfter(
  { timeoutMs, stop }: ProgramOptions,
  ended: AbortSignal,
  tracker: TreeTracker,
): Promise<boolean> {
  try {
    await sleep(timeoutMs, undefined, { signal: AbortSignal.any([ended, ...(stop === undefined ? [] : [stop])]) });
  } catch (error) {
    if (ended.aborted) return false;
    if (stop?.aborted !== true) throw error;
  }
  await stopTree(tracker, KILL_AFTER_MS);
  return stop?.aborted !== true;
}

/** A file without a name: the system deletes it when it is closed. */
async function openTemporary(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-output-'));
  try {
    return await open(join(folder, 'output'), 'a+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The end of the output written since `start`. */
async function readTail(output: FileHandle, start: number): Promise<string> {
  const { size } = await output.stat();
  const from = Math.max(start, size - TAIL_BYTES);
  const { buffer, bytesRead } = await output.read(Buffer.alloc(size - from), 0, size - from, from);
  const text = buffer.toString('utf8', 0, bytesRead);
  const whole = from === start ? text : text.replace(/^\ufffd+/, ''); // a character cut in half
  return whole
    .split(/\r\n|\r|\n/)
    .map(sanitizeLine)
    .join('\n');
}
