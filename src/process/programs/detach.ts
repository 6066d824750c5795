import { o8, text } from '../../core/base/text.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { O8Error } from '../../core/base/errors.js';
import { spawnFailure } from '../base/spawn-failure.js';

export interface DetachedOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Receives stdout and stderr, appended; created with mode 0600. */
  readonly logFile: string;
  /** Called if it ends while this process runs. */
  readonly onEnd?: () => void;
}

/**
 * Starts a program that outlives this process: in its own session (closing the terminal sends it no SIGHUP), stdin from
 * /dev/null, output to a file (a pipe would break). Returns its pid; O8Error `supervisor_failed`.
 */
export async function startDetached(argv: readonly string[], options: DetachedOptions): Promise<number> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('startDetached needs a program');
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    if (options.onEnd !== undefined) child.once('exit', options.onEnd);
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error('a started process has a pid');
    return child.pid;
  } catch (error) {
    throw new O8Error(
      'supervisor_failed',
      spawnFailure(program, options.cwd, error),
      text`Check the installation: ${o8('doctor')}`,
    );
  } finally {
    closeSync(log);
  }
}
