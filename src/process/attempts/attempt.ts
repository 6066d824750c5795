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
  /** Folder of the attempt; made when missing. */
  readonly dir: string;
  readonly env: Record<string, string>;
  /** Called when the shim ends while we live; it may have ended before it claimed the attempt. */
  readonly onShimEnd?: () => void;
}

/*
 * unclaimed -> starting -> running -> ended
 *     |            |          |
 *     v            '----------'-> lost (the shim and its agent died without a word)
 *    void
 */
export type AttemptStatus =
  /** No shim claimed it yet; `voidAttempt` makes sure that none will. */
  | { readonly kind: 'unclaimed' }
  | { readonly kind: 'void' }
  | { readonly kind: 'starting'; readonly shim: ProcessIdentity }
  /** Without its shim nobody enforces the timeout or will learn how the agent ended. */
  | {
      readonly kind: 'running';
      readonly shim: ProcessIdentity;
      readonly agent: ProcessIdentity;
      readonly shimAlive: boolean;
    }
  | { readonly kind: 'ended'; readonly exit: AttemptExit; readonly agentPid: number | null; readonly endedAt: string }
  /** Shim and agent are dead. What the agent started may live on: `stopAttempt` ends it. */
  | { readonly kind: 'lost' };

/** A shim has only exit.json left to write once its agent is dead, however busy the machine. */
const SHIM_ENDS_WITHIN_MS = 5_000;

/**
 * Starts a shim for the attempt and returns at once; `readAttempt` says what became of it. However often it is
 * called, the agent starts at most once: the first shim to claim the folder has it. `env` is never written to disk.
 */
export async function startAttempt(spec: AttemptSpec, program = bundledProgram('shim.js')): Promise<void> {
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
  await startDetached([process.execPath, program, dir], {
    cwd: dir,
    env: nodeOptions === undefined ? variables : { ...variables, [AGENT_NODE_OPTIONS]: nodeOptions },
    logFile: files.shimLog,
    ...(onShimEnd === undefined ? {} : { onEnd: onShimEnd }),
  });
  failpoint('attempt.start.after');
}

/** What became of an attempt, from its folder and the process table alone. O8Error `journal_damaged`. */
export async function readAttempt(dir: string): Promise<AttemptStatus> {
  const exit = await readExit(dir);
  if (exit !== null) return ended(exit);
  const claim = await readClaim(dir);
  if (claim === null) return { kind: 'unclaimed' };
  if (claim.kind === 'void') return { kind: 'void' };
  const { shim } = claim;
  const shimAlive = await mayLive(shim);
  const agent = (await readAgent(dir))?.agent ?? null; // after the shim was looked at: a dead one writes no more
  if (shimAlive) return agent === null ? { kind: 'starting', shim } : { kind: 'running', shim, agent, shimAlive };
  const orphan = agent ?? (await findAgent(dir));
  if (orphan !== null && (await mayLive(orphan))) return { kind: 'running', shim, agent: orphan, shimAlive };
  const lastWord = await readExit(dir); // it may have come while we looked
  return lastWord === null ? { kind: 'lost' } : ended(lastWord);
}

/** Fences an attempt that no shim has claimed: a late shim will find it void and start nothing. Idempotent. */
export async function voidAttempt(dir: string): Promise<'voided' | 'claimed'> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (claimAttempt(dir, { version: 1, kind: 'void' })) return 'voided';
  return (await readClaim(dir))?.kind === 'void' ? 'voided' : 'claimed';
}

/**
 * Stops whatever of an attempt runs, in any state of it, also when only leftovers of an ended agent do; an unclaimed
 * one becomes void. SIGTERM, after `killAfterMs` SIGKILL, until nothing of the tree is left; idempotent.
 * `survivors`: pids that outlived SIGKILL; `running`: command lines of what the agent had running. O8Error `lock_unknown` when it runs where we cannot look.
 */
export async function stopAttempt(
  dir: string,
  attemptId: string,
  killAfterMs: number,
): Promise<{ survivors: number[]; running: string[] }> {
  if ((await voidAttempt(dir)) === 'voided') return { survivors: [], running: [] };
  const claim = await readClaim(dir);
  if (claim?.kind !== 'shim') throw new Error(`${dir} was claimed by a shim and is not any more`);
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
  // The shim stops the agent and records how it ended. Only where it does not, or leaves something, we do.
  if (await isHereAndAlive(shim)) signal(shim.pid, 'SIGTERM');
  const shimEnded = await waitUntil(async () => {
    await tracker.living(); // remembers what would be out of reach without its parent
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

/** Where we cannot look it may well live: nothing may start twice because of that. */
async function mayLive(identity: ProcessIdentity): Promise<boolean> {
  return (await processProbe.check(identity)) !== 'dead';
}

async function isHereAndAlive(identity: ProcessIdentity): Promise<boolean> {
  const liveness = await processProbe.check(identity);
  if (liveness !== 'unknown') return liveness === 'alive';
  throw new O8Error(
    'lock_unknown',
    `Process ${identity.pid} of this attempt was started on ${identity.host}, where this process cannot look.`,
    `Run the same command there.`,
  );
}

/** The agent of a shim that died before it could write agent.json: whoever carries the attempt's marker. */
async function findAgent(dir: string): Promise<ProcessIdentity | null> {
  const spec = readShimSpec(attemptFiles(dir).spec);
  if (spec === null) return null;
  const marker = `${MARKER}=${spec.attemptId}`;
  const members = await new TreeTracker({ root: null, marker, except: [] }).living();
  const eldest = members.find(({ parent }) => !members.some(({ pid }) => pid === parent));
  return eldest === undefined ? null : identityAt(eldest.pid, eldest.start);
}
