import { spawn } from 'node:child_process';
import type { ProgramCall, ProgramEnd } from '../../core/base/program-call.js';
import { errorCode } from '../../core/base/error-code.js';
import { spawnFailure } from '../base/spawn-failure.js';

/** Answers of such programs have kilobytes; more is a fault of theirs and would fill the memory. */
const MOST_OUTPUT = 64 * 1024 * 1024;
/** Between SIGTERM and SIGKILL. */
const KILL_AFTER_MS = 2_000;

/**
 * Runs a program that answers on its standard output, in its own process group, which ends with it at the time limit.
 * Never rejects because of the program.
 */
export async function runToEnd({ argv, cwd, env, input, timeoutMs }: ProgramCall): Promise<ProgramEnd> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('runToEnd needs a program');
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    const stopping = { why: '' };
    const end = (signal: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // ESRCH: all processes of the group have exited
      }
    };
    const stop = (why: string): void => {
      if (stopping.why !== '') return;
      stopping.why = why;
      end('SIGTERM');
      const kill = setTimeout(() => {
        end('SIGKILL');
        child.stdout.destroy(); // a program that left the group may keep these open
        child.stderr.destroy();
      }, KILL_AFTER_MS);
      child.once('close', () => {
        clearTimeout(kill);
      });
    };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        if (output[stream].length > MOST_OUTPUT) stop(`printed more than ${String(MOST_OUTPUT)} characters`);
      });
    }
    child.stdin.on('error', () => undefined); // EPIPE: it ended before it had read everything; its exit code says why
    child.stdin.end(input);
    const timer = setTimeout(() => {
      stop(`did not end within ${String(Math.round(timeoutMs / 1000))} s`);
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      const why = spawnFailure(program, cwd, error);
      resolve(errorCode(error) === 'ENOENT' ? { kind: 'missing', why } : { kind: 'stopped', why });
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (stopping.why !== '') resolve({ kind: 'stopped', why: stopping.why });
      else if (code === null) resolve({ kind: 'stopped', why: `was ended by ${String(signal)}` });
      else resolve({ kind: 'exited', code, ...output });
    });
  });
}
