import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AskOptions, ProgramAnswer } from '../../core/base/program-answer.js';
import { errorCode } from '../../core/base/error-code.js';
import { spawnFailure } from '../base/spawn-failure.js';

/** A list of some ten thousand issues; a program that prints more is broken. */
const MOST_BYTES = 64 * 1024 * 1024;
/** After its time is over, a program gets this long to clean up before SIGKILL. */
const KILL_AFTER_MS = 2_000;
/** A service that it started may keep its output open: what comes later than this after its end is not waited for. */
const OUTPUT_AFTER_END_MS = 500;

/**
 * Runs a program in a process group of its own and gives what it printed. At the time limit the group is ended; a
 * service that it put in another group lives on.
 */
export async function askProgram(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env, timeoutMs, input, stop }: AskOptions,
): Promise<ProgramAnswer> {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined); // EPIPE: it ended before it had read everything; its exit code says why
  child.stdin.end(input);
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const now: { gaveUp: ProgramAnswer['gaveUp']; ended: boolean } = { gaveUp: null, ended: false };
  let bytes = 0;
  const giveUp = (why: NonNullable<ProgramAnswer['gaveUp']>): void => {
    if (now.gaveUp !== null || now.ended) return;
    now.gaveUp = why;
    signalGroup(child.pid, 'SIGTERM');
    setTimeout(() => signalGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS).unref();
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) giveUp('too_much');
      else chunks[stream].push(chunk);
    });
  }
  const timer = setTimeout(() => giveUp('timeout'), timeoutMs);
  const stopped = (): void => giveUp('stopped');
  stop?.addEventListener('abort', stopped, { once: true });
  if (stop?.aborted === true) stopped();

  const closed = new Promise<void>((done) => child.once('close', () => done()));
  const end = await new Promise<{ code: number | null; error: unknown }>((done) => {
    child.once('error', (error) => done({ code: null, error }));
    child.once('exit', (code) => done({ code, error: null }));
  });
  now.ended = true;
  clearTimeout(timer);
  stop?.removeEventListener('abort', stopped);
  if (end.error === null) await Promise.race([closed, sleep(OUTPUT_AFTER_END_MS, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return {
    code: now.gaveUp === null ? end.code : null,
    stdout: Buffer.concat(chunks.stdout).toString('utf8'),
    stderr: Buffer.concat(chunks.stderr).toString('utf8'),
    gaveUp: now.gaveUp,
    notStarted: end.error === null ? null : spawnFailure(program, cwd, end.error),
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error; // it has ended
  }
}
