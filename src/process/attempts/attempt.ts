import { mkdir } from 'node:fs/promises';
import { O8Error } from '../../core/base/errors.js';
import type { AttemptExit } from '../../core/run/events.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { ProcessIdentity } from '../../core/base/process-identity.js';
import { FAILPOINT_VARIABLE } from '../base/arm-failpoint.js';
import { attemptFiles, claimAttempt, replaceFile } from './attempt-files.js';
import { readAgent, readClaim, readExit } from './attempt-records.js';
import { bundledProgram } from '../base/bundle.js';
import { startDetached } from '../programs/detach.js';
import { identityAt, processProbe } from '../trees/identify-process.js';
import { commandLines } from '../trees/command-lines.js';
import { killTree, stopTree, TreeTracker } from '../trees/process-tree.js';
import { AGENT_NODE_OPTIONS, MARKER, readShimSpec, type ShimSpec } from './shim-spec.js';
import { signal } from '../base/signal.js';
import { waitUntil } from '../base/wait-until.js';

export interface AttemptSpec extends Omit<ShimSpec, 'version'> {
  /** Folder of the attempt; created if missing. */
  readonly dir: string;
  readonly env: Record<string, string>;
  /** Called if the shim ends while this process runs; it may have ended before it claimed the attempt. */
  readonly onShimEnd?: () => void;
}

/*
 * unclaimed -> starting -> running -> ended
 *     |            |          |
 *     v            '----------'-> lost (the shim and its agent died without recording an exit)
 *    void
 */
export type AttemptStatus =
  /** No shim has claimed it yet; `voidAttempt` prevents that from now on. */
  | { readonly kind: 'unclaimed' }
  | { readonly kind: 'void' }
  | { readonly kind: 'starting'; readonly shim: ProcessIdentity }
  /** Without its shim, the timeout is not enforced and the agent's exit will not be recorded. */
  | {
      readonly kind: 'running';
      readonly shim: ProcessIdentity;
      readonly agent: ProcessIdentity;
      readonly shimAlive: boolean;
    }
  | { readonly kind: 'ended'; readonly exit: AttemptExit; readonly agentPid: number | null; readonly endedAt: string }
  /** Shim and agent are dead. Processes that the agent started may still run: `stopAttempt` stops them. */
  | { readonly kind: 'lost' };

/** Once its agent is dead, a shim only has to write exit.json, however busy the machine is. */
const SHIM_ENDS_WITHIN_MS = 5_000;

/**
 * Starts a shim for the attempt and returns its pid immediately; `readAttempt` reports the result. However often it is
 * called, the agent starts at most once: only the first shim to claim the folder starts it. `env` is never written to
 * disk.
 */
export async function startAttempt(spec: AttemptSpec, program = bundledProgram('shim.js')): Promise<number> {
  const { dir, env, onShimEnd, ...rest } = spec;
  const shimSpec: ShimSpec = { version: 1, ...rest };
  const files = attemptFiles(dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  failpoint('attempt.spec.before');
  replaceFile(files.spec, shimSpec);
  failpoint('attempt.spec.after');
  const { ['NODE_OPTIONS']: nodeOptions, ...others } = env;
  const armed = process.env[FAILPOINT_VARIABLE];
  const variables = {
    ...others,
    ...(armed === undefined ? {} : { [FAILPOINT_VARIABLE]: armed }),
    [MARKER]: spec.attemptId,
  };
  failpoint('attempt.start.before');
  const pid = await startDetached([process.execPath, program, dir], {
    cwd: dir,
    env: nodeOptions === undefined ? variables : { ...variables, [AGENT_NODE_OPTIONS]: nodeOptions },
    logFile: files.shimLog,
    ...(onShimEnd === undefined ? {} : { onEnd: onShimEnd }),
  });
  failpoint('attempt.start.after');
  return pid;
}

/** The state of an attempt, from its folder and the process table only. O8Error `journal_damaged`. */
export async function readAttempt(dir: string): Promise<AttemptStatus> {
  const exit = await readExit(dir);
  if (exit !== null) return ended(exit);
  const claim = await readClaim(dir);
  if (claim === null) return { kind: 'unclaimed' };
  if (claim.kind === 'void') return { kind: 'void' };
  const { shim } = claim;
  const shimAlive = await mayLive(shim);
  const agent = (await readAgent(dir))?.agent ?? null; // after checking the shim: a dead one writes nothing more
  if (shimAlive) return agent === null ? { kind: 'starting', shim } : { kind: 'running', shim, agent, shimAlive };
  const orphan = agent ?? (await findAgent(dir));
  if (orphan !== null && (await mayLive(orphan))) return { kind: 'running', shim, agent: orphan, shimAlive };
  const lastWord = await readExit(dir); // may have been written meanwhile
  return lastWord === null ? { kind: 'lost' } : ended(lastWord);
}

/** Voids an attempt that no shim has claimed: a late shim will start nothing. Idempotent. */
export async function voidAttempt(dir: string): Promise<'voided' | 'claimed'> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (claimAttempt(dir, { version: 1, kind: 'void' })) return 'voided';
  return (await readClaim(dir))?.kind === 'void' ? 'voided' : 'claimed';
}

/**
 * Stops all processes of an attempt in any state, also those left by an ended agent; an unclaimed attempt becomes void.
 * SIGTERM, then SIGKILL after `killAfterMs`, until no process is left; idempotent. `survivors`: pids that outlived
 * SIGKILL; `running`: command lines of the agent's running processes. O8Error `lock_unknown` if they run where this
 * process cannot check.
 */
export async function stopAttempt(
  dir: string,
  attemptId: string,
  killAfterMs: number,
): Promise<{ survivors: number[]; running: string[] }> {
  if ((await voidAttempt(dir)) === 'voided') return { survivors: [], running: [] };
  const claim = await readClaim(dir);
  if (claim?.kind !== 'shim') throw new Error(`${dir} was claimed by a shim and is no longer claimed`);
  const { shim } = claim;
  const shimAlive = await isHereAndAlive(shim);
  const agent = (await readAgent(dir))?.agent ?? null;
  const tree = {
    root: agent !== null && (await isHereAndAlive(agent)) ? agent : null,
    marker: `${MARKER}=${attemptId}`,
    except: shimAlive ? [shim.pid] : [],
  };
  const tracker = new TreeTracker(tree);
  const started = (await tracker.living()).filter(({ pid }) => pid !== agent?.pid);
  const running = await commandLines(started);
  failpoint('attempt.stop.before');
  const survivors = shimAlive
    ? await stopThroughShim(shim, tracker, killAfterMs)
    : await stopTree(tracker, killAfterMs);
  failpoint('attempt.stop.after');
  return { survivors, running };
}

async function stopThroughShim(shim: ProcessIdentity, tracker: TreeTracker, killAfterMs: number): Promise<number[]> {
  // The shim stops the agent and records its exit. What it does not stop is stopped here.
  if (await isHereAndAlive(shim)) signal(shim.pid, 'SIGTERM');
  const shimEnded = await waitUntil(async () => {
    await tracker.living(); // records processes that could not be found without their parent
    return !(await isHereAndAlive(shim));
  }, killAfterMs);
  if (shimEnded) return stopTree(tracker, killAfterMs);
  const survivors = await killTree(tracker);
  await processProbe.stop(shim, SHIM_ENDS_WITHIN_MS);
  return survivors;
}

function ended(record: { exit: AttemptExit; agentPid: number | null; endedAt: string }): AttemptStatus {
  return { kind: 'ended', exit: record.exit, agentPid: record.agentPid, endedAt: record.endedAt };
}

/** A process that cannot be checked counts as alive, so that nothing starts twice. */
async function mayLive(identity: ProcessIdentity): Promise<boolean> {
  return (await processProbe.check(identity)) !== 'dead';
}

async function isHereAndAlive(identity: ProcessIdentity): Promise<boolean> {
  const liveness = await processProbe.check(identity);
  if (liveness !== 'unknown') return liveness === 'alive';
  throw new O8Error(
    'lock_unknown',
    `Process ${identity.pid} of this attempt was started on ${identity.host}, which cannot be checked from here.`,
    `Run the same command there.`,
  );
}

/** The agent of a shim that died before it could write agent.json: the process with the attempt's marker. */
async function findAgent(dir: string): Promise<ProcessIdentity | null> {
  const spec = readShimSpec(attemptFiles(dir).spec);
  if (spec === null) return null;
  const marker = `${MARKER}=${spec.attemptId}`;
  const members = await new TreeTracker({ root: null, marker, except: [] }).living();
  const eldest = members.find(({ parent }) => !members.some(({ pid }) => pid === parent));
  return eldest === undefined ? null : identityAt(eldest.pid, eldest.start);
}
