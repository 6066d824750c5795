import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { MarkedProcesses } from '../programs/marked-processes.js';
import type { MessagesApi } from './messages-api.js';

const E2E = resolve(import.meta.dirname, '../../e2e');
const PINNED = z
  .object({ devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(E2E, 'package.json'), 'utf8'))).devDependencies['@anthropic-ai/claude-code'];

/** The version the tests run with: the pinned one, or that of `O8_CLAUDE_VERSION`. */
export const CLAUDE_VERSION = process.env['O8_CLAUDE_VERSION'] || (PINNED ?? '');

/** Whether that is at least this version of the 2.1 line. */
export function isClaudeAtLeast(patch: number): boolean {
  const [major = 0, minor = 0, found = 0] = CLAUDE_VERSION.split('.').map(Number);
  return major > 2 || minor > 1 || found >= patch;
}

/** The real Claude Code CLI: the native program of this platform, as the package ships it. */
export function claudeProgram(): string {
  const folder = CLAUDE_VERSION === PINNED ? E2E : join(E2E, 'versions', CLAUDE_VERSION);
  const platform = `${process.platform}-${process.arch}`;
  const program = [platform, `${platform}-musl`]
    .map((name) => join(folder, 'node_modules/@anthropic-ai', `claude-code-${name}`, 'claude'))
    .find((path) => existsSync(path));
  if (program !== undefined) return program;
  const command = `O8_CLAUDE_VERSION=${CLAUDE_VERSION} node scripts/install-e2e.mjs`;
  throw new Error(`No Claude Code CLI ${CLAUDE_VERSION} for ${platform}. Run: ${command}`);
}

/**
 * A clean environment in which `claude` is the real CLI, the model is the scripted one, and nothing of the person who
 * runs the tests is seen: no login, no settings, no session, no git identity of theirs.
 */
export function claudeEnvironment(home: string, api: MessagesApi): Record<string, string> {
  return {
    PATH: [dirname(claudeProgram()), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    TMPDIR: process.env['TMPDIR'] ?? '/tmp',
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: 'no-key',
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '1',
    IS_SANDBOX: '1', // lets root use bypassPermissions
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'worker',
    GIT_AUTHOR_EMAIL: 'worker@localhost',
    GIT_COMMITTER_NAME: 'worker',
    GIT_COMMITTER_EMAIL: 'worker@localhost',
  };
}

export interface ClaudeRun {
  readonly cwd: string;
  /** A folder of the test's own. */
  readonly home: string;
  readonly api: MessagesApi;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** 60 s when not given: a start takes one second alone and several when the machine is busy. */
  readonly timeoutMs?: number;
}

export interface ClaudeResult {
  /** Null when a signal ended it, the time limit's included. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `claude` to its end, or to the time limit, and leaves none of its processes behind. */
export async function runClaude(run: ClaudeRun): Promise<ClaudeResult> {
  const processes = new MarkedProcesses();
  const child = spawn(claudeProgram(), run.args, {
    cwd: run.cwd,
    env: { ...claudeEnvironment(run.home, run.api), ...run.env, ...processes.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: run.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => undefined); // it may end without reading its input
  child.stdin.end(run.stdin ?? '');
  try {
    const exit = new Promise<number | null>((ended, failed) => {
      child.once('error', failed);
      child.once('exit', (code) => ended(code));
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const code = await exit;
    await processes.kill(); // what it left running holds its output open
    const [stdout, stderr] = await output;
    return { code, stdout, stderr };
  } finally {
    await processes.kill();
  }
}

const eventSchema = z.looseObject({ type: z.string(), subtype: z.string().optional() });
export type ClaudeEvent = z.output<typeof eventSchema>;

/** The events of `--output-format stream-json`. */
export function streamEvents(stdout: string): ClaudeEvent[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => eventSchema.parse(JSON.parse(line)));
}
