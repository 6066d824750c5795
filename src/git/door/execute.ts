import { execFile, spawn, type ExecFileException } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellQuote } from '../../core/base/shell-quote.js';
import { O8Error } from '../../core/base/errors.js';
import { sanitizeLine } from '../../core/text/terminal-text.js';
import { FIXED_CONFIG, gitEnvironment } from './environment.js';
import { protection } from '../settings/protection.js';

export interface GitOptions {
  readonly cwd: string;
  readonly input?: string;
  /** `key=value`, in addition to the fixed ones. */
  readonly config?: readonly string[];
  /** Added to the cleaned environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** `latin1`: one character per byte of the output. */
  readonly encoding?: 'utf8' | 'latin1';
}

export interface GitResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT_MS = 10 * 60_000; // filling a worktree of a huge repository takes minutes; longer is a hang
const MOST_OUTPUT = 512 * 1024 * 1024; // `ls-tree -r -l` of a million files is about 150 MB
const QUOTED_ERROR = 2000; // git lists every path that is in the way; a message needs only the first few

/** Runs git and returns its standard output. A non-zero exit is O8Error `git_failed`. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const result = await tryGit(args, options);
  if (result.code !== 0) throw gitFailure(args, options.cwd, result);
  return result.stdout;
}

/** Runs git for its exit code. Rejects only if git did not exit by itself: missing, killed or timed out. */
export async function tryGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { env = {} } = options;
  // The settings of the repository that git is told to use, whatever the current folder is.
  const protectedBy = await protection(env['GIT_DIR'] ?? options.cwd, plainGit);
  return run(args, { ...options, env: { ...protectedBy, ...env } });
}

/** Runs git with the settings on disk, unprotected: for reading those settings. */
export async function plainGit(args: readonly string[], cwd: string): Promise<GitResult> {
  return run(args, { cwd });
}

async function run(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const { cwd, input, config = [], env = {}, timeoutMs = DEFAULT_TIMEOUT_MS, encoding = 'utf8' } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      withConfig(args, config),
      {
        cwd,
        env: { ...gitEnvironment(process.env), ...env },
        timeout: timeoutMs, // SIGTERM: git removes its lock files before it exits
        maxBuffer: MOST_OUTPUT,
        encoding,
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else reject(notEnded(args, cwd, error, timeoutMs));
      },
    );
    // git may exit before it has read its input (EPIPE); its exit code tells why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/**
 * Runs git in its own session with output to a file, so that it outlives this process: a git that is killed or loses
 * its pipe while updating the user's checkout leaves some files updated and an index.lock.
 */
export async function gitThatSurvives(
  args: readonly string[],
  { cwd, onStart }: { readonly cwd: string; readonly onStart: (pid: number) => void },
): Promise<GitResult> {
  const protectedBy = await protection(cwd, plainGit);
  const folder = await mkdtemp(join(tmpdir(), 'o8-git-'));
  const path = join(folder, 'output');
  const output = await open(path, 'a', 0o600);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const child = spawn('git', withConfig(args), {
        cwd,
        env: { ...gitEnvironment(process.env), ...protectedBy },
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      });
      if (child.pid !== undefined) onStart(child.pid);
      child.on('error', (error) => reject(notEnded(args, cwd, error, DEFAULT_TIMEOUT_MS)));
      child.on('close', (ended, signal) => {
        if (ended === null) reject(notEnded(args, cwd, new Error(`killed by ${String(signal)}`), DEFAULT_TIMEOUT_MS));
        else resolve(ended);
      });
    });
    return { code, stdout: '', stderr: await readFile(path, 'utf8') };
  } finally {
    await output.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const KILL_AFTER_MS = 2_000; // after SIGTERM, git and a signing program need no time to finish

/**
 * Runs a git that starts a user's program, which may hang. On timeout, git and that program are stopped together
 * through their process group, and the result is null.
 */
export async function gitInTime(
  args: readonly string[],
  { cwd, input, config = [], env = {}, timeoutMs }: GitOptions & { readonly timeoutMs: number },
): Promise<GitResult | null> {
  const protectedBy = await protection(env['GIT_DIR'] ?? cwd, plainGit);
  const child = spawn('git', withConfig(args, config), {
    cwd,
    env: { ...gitEnvironment(process.env), ...protectedBy, ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
  }
  child.stdin.on('error', () => undefined); // as in tryGit
  child.stdin.end(input);
  const time = { over: false };
  const end = (signal: NodeJS.Signals): void => {
    time.over = true;
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // ESRCH: all processes of the group have exited
    }
  };
  const timers = [
    setTimeout(end, timeoutMs, 'SIGTERM'),
    setTimeout(() => {
      end('SIGKILL');
      child.stdout.destroy(); // a program that left the group may keep these open
      child.stderr.destroy();
    }, timeoutMs + KILL_AFTER_MS),
  ];
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(notEnded(args, cwd, error, timeoutMs)));
      child.once('close', resolve);
    });
    if (time.over) {
      end('SIGKILL'); // git has exited; programs it started may have ignored SIGTERM
      return null;
    }
    if (code === null) throw notEnded(args, cwd, new Error('killed by a signal'), timeoutMs);
    return { code, ...output };
  } finally {
    timers.forEach(clearTimeout);
  }
}

/** The error for a git that exited with an unexpected code. */
export function gitFailure(args: readonly string[], cwd: string, result: GitResult, hint?: string): O8Error {
  const said = result.stderr.trim() || result.stdout.trim();
  const message = `git ${subcommand(args)} failed in ${cwd} (exit ${result.code}): ${printable(said)}`;
  return new O8Error('git_failed', message, hint ?? `git -C ${shellQuote(cwd)} status`);
}

/** Text from git without terminal escapes; git quotes paths and refs, which anybody can name. */
export function printable(text: string): string {
  return text.slice(0, QUOTED_ERROR).split('\n').map(sanitizeLine).join('\n');
}

function withConfig(args: readonly string[], more: readonly string[] = []): string[] {
  return [...[...FIXED_CONFIG, ...more].flatMap((setting) => ['-c', setting]), ...args];
}

function subcommand(args: readonly string[]): string {
  const first = args.findIndex((arg, at) => !arg.startsWith('-') && args[at - 1] !== '-c');
  return args.slice(first, args[first] === 'worktree' ? first + 2 : first + 1).join(' ');
}

function notEnded(args: readonly string[], cwd: string, error: ExecFileException | Error, timeoutMs: number): O8Error {
  const name = `git ${subcommand(args)}`;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' && !existsSync(cwd)) {
    return new O8Error('git_failed', `${name}: folder ${cwd} does not exist`, 'git worktree list');
  }
  if (code === 'ENOENT') return new O8Error('git_failed', 'git is not installed or not on the PATH', 'git --version');
  if ('killed' in error && error.killed) {
    const minutes = Math.round(timeoutMs / 60_000);
    return new O8Error(
      'git_failed',
      `${name} in ${cwd} did not end in ${minutes} minutes`,
      `git -C ${shellQuote(cwd)} status`,
    );
  }
  return new O8Error(
    'git_failed',
    `${name} in ${cwd}: ${printable(error.message)}`,
    `git -C ${shellQuote(cwd)} status`,
  );
}
