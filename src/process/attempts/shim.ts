/*
 * The shim: one small process per attempt that starts the agent, outlives the supervisor and records how the
 * agent ended (containerd-shim and conmon do this for containers). Usage: node shim.js <attempt folder>
 * It exits with 0 if it recorded the agent's exit, or if another shim has claimed the attempt.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { O8Error } from '../../core/base/errors.js';
import type { AttemptExit } from '../../core/run/events.js';
import { failpoint } from '../../core/base/failpoint.js';
import { armFailpoint, FAILPOINT_VARIABLE } from '../base/arm-failpoint.js';
import {
  attemptFiles,
  claimAttempt,
  replaceFile,
  type AgentRecord,
  type AttemptFiles,
  type ExitRecord,
} from './attempt-files.js';
import { identityAt, identityOfChild, processProbe } from '../trees/identify-process.js';
import { stopTree, TreeTracker } from '../trees/process-tree.js';
import { AGENT_NODE_OPTIONS, MARKER, readShimSpec, type ShimSpec } from './shim-spec.js';
import { spawnFailure } from '../base/spawn-failure.js';

/** The longest timer in Node.js, 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Time between attempts to write on a full disk, because the agent's exit must not be lost. */
const RETRY_MS = 1_000;

interface Ended {
  readonly exit: AttemptExit;
  readonly agentPid: number | null;
}

/** A running agent; `ended` resolves after it has been reaped. */
interface Agent {
  readonly pid: number;
  readonly ended: Promise<AttemptExit>;
}

async function main(dir: string): Promise<void> {
  const stop = stopRequested();
  const files = attemptFiles(dir);
  const spec = readShimSpec(files.spec);
  if (spec === null) throw new Error(`${files.spec} is missing`);
  if (!claimAttempt(dir, { version: 1, kind: 'shim', shim: await processProbe.self() })) return;
  const ended = await runAgent(spec, files, stop);
  const record: ExitRecord = { version: 1, ...ended, endedAt: new Date().toISOString() };
  failpoint('attempt.exit.before');
  await persist(files.exit, record);
  failpoint('attempt.exit.after');
}

/** Resolves on SIGTERM, the request to stop the agent. SIGHUP and Ctrl+C from the starting terminal are ignored. */
async function stopRequested(): Promise<'stop'> {
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => process.on('SIGTERM', () => resolve('stop')));
}

async function runAgent(spec: ShimSpec, files: AttemptFiles, stop: Promise<'stop'>): Promise<Ended> {
  const agent = startAgent(spec, files);
  if (!('pid' in agent)) return { exit: await agent.failed, agentPid: null };
  const identity = (await identityOfChild(agent.pid)) ?? (await identityAt(agent.pid, 'reaped'));
  const started: AgentRecord = { version: 1, agent: identity };
  failpoint('agent.record.before');
  const recorded = persist(files.agent, started).catch((error: unknown) => {
    process.stderr.write(`agent.json was not written: ${String(error)}\n`); // the agent can also be found by its marker
  });
  failpoint('agent.record.after');
  const timer = new AbortController();
  const timeout = sleep(Math.min(spec.timeoutMs, LONGEST_TIMER_MS), 'timeout' as const, { signal: timer.signal });
  const cause = await Promise.race([agent.ended.then(() => 'ended' as const), timeout, stop]);
  timer.abort();
  if (cause !== 'ended') {
    const marker = `${MARKER}=${spec.attemptId}`;
    failpoint('agent.stop.before');
    const survivors = await stopTree(new TreeTracker({ root: identity, marker, except: [] }), spec.killAfterMs);
    failpoint('agent.stop.after');
    if (survivors.length > 0) process.stderr.write(`still running after SIGKILL: ${survivors.join(', ')}\n`);
  }
  await recorded;
  const exit = await agent.ended;
  return { exit: cause === 'timeout' ? { kind: 'timed_out' } : exit, agentPid: agent.pid };
}

/** Starts the agent in its own session. Its output goes directly to files, not through this process. */
function startAgent(spec: ShimSpec, files: AttemptFiles): Agent | { readonly failed: Promise<AttemptExit> } {
  const [program = '', ...args] = spec.argv;
  const failed = (error: unknown): AttemptExit => ({
    kind: 'not_started',
    message: spawnFailure(program, spec.cwd, error),
  });
  const opened: number[] = [];
  const open = (path: string, flags: string): number => {
    const file = openSync(path, flags, 0o600);
    opened.push(file);
    return file;
  };
  try {
    const stdin = spec.stdin === null ? 'ignore' : open(spec.stdin, 'r');
    failpoint('agent.start.before');
    const child = spawn(program, args, {
      cwd: spec.cwd,
      env: agentVariables(),
      stdio: [stdin, open(files.output, 'a'), open(files.errors, 'a')],
      detached: true,
    });
    failpoint('agent.start.after');
    if (child.pid !== undefined) return { pid: child.pid, ended: ended(child) };
    return { failed: new Promise((resolve) => child.once('error', (error) => resolve(failed(error)))) };
  } catch (error) {
    return { failed: Promise.resolve(failed(error)) };
  } finally {
    opened.forEach(closeSync);
  }
}

async function ended(child: ChildProcess): Promise<AttemptExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      if (code !== null) resolve({ kind: 'exited', code });
      else resolve(signal === null ? { kind: 'unknown' } : { kind: 'signalled', signal });
    });
  });
}

function agentVariables(): NodeJS.ProcessEnv {
  const { [AGENT_NODE_OPTIONS]: nodeOptions, ...variables } = process.env;
  const env = { ...variables, [FAILPOINT_VARIABLE]: undefined }; // child processes do not get it
  return nodeOptions === undefined ? env : { ...env, NODE_OPTIONS: nodeOptions };
}

async function persist(path: string, content: object): Promise<void> {
  for (;;) {
    try {
      replaceFile(path, content);
      return;
    } catch (error) {
      if (!(error instanceof O8Error && error.code === 'disk_full')) throw error;
      await sleep(RETRY_MS);
    }
  }
}

armFailpoint();
const [, , dir] = process.argv;
if (dir === undefined) throw new Error('usage: node shim.js <attempt folder>');
await main(dir);
