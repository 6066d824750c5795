import { existsSync } from 'node:fs';
import type { ProcessIdentity } from '../../core/base/process-identity.js';
import type { Place, PlacedAttempt, PlacedStatus } from '../../core/run/place.js';
import { watchFolder } from '../base/folder-watch.js';
import { signal } from '../base/signal.js';
import { processProbe } from '../trees/identify-process.js';
import { attemptFiles } from './attempt-files.js';
import { readAttempt, startAttempt, stopAttempt, voidAttempt, type AttemptStatus } from './attempt.js';

/** A shim that did not claim its attempt within this time was never started. */
const UNCLAIMED_MS = 30_000;
/**
 * A pid is free for another process only when its own has ended, and the kernel gives it away again after all others:
 * that a foreign shim is still the same process (a `ps` on macOS) is asked this often.
 */
const SAME_PROCESS_MS = 5_000;
/** The end of an agent whose shim is not a child of this process is noticed within this time where no events come. */
const POLL_MS = 250;
/** A shim that is a child and has not ended may hang after its last word: its exit file is looked for this often. */
const LAST_WORD_MS = 5_000;

/** A shim that this process has started; it is forgotten as soon as the kernel reports its end. */
interface Launched {
  /** By a clock that stops while the machine sleeps. */
  readonly at: number;
  /** Null while it is being started. */
  pid: number | null;
}

/** An attempt whose records do not change until its shim has written the exit. */
interface Running {
  readonly status: PlacedStatus;
  readonly shim: ProcessIdentity;
  /** Path of the file that its shim writes last. */
  readonly exit: string;
  readonly isChild: boolean;
  lookedAt: number;
  checkedAt: number;
}

/** Who wants to hear of an attempt; `stop` ends the looks at its folder. */
interface Listener {
  readonly news: () => void;
  readonly stop: () => void;
}

/**
 * Runs attempts on this machine: one shim per attempt, which outlives the supervisor and records how its agent ended.
 */
export function thisMachine(): Place {
  const launched = new Map<string, Launched>();
  const running = new Map<string, Running>();
  const listeners = new Map<string, Listener>();

  /** False if anything may have changed: then everything is read again. Costs a few microseconds. */
  function looksTheSame(attemptId: string, known: Running): boolean {
    if (known.isChild) {
      if (!launched.has(attemptId)) return false;
      if (performance.now() - known.lookedAt < LAST_WORD_MS) return true;
      known.lookedAt = performance.now();
      return !existsSync(known.exit);
    }
    return !existsSync(known.exit) && signal(known.shim.pid, 0) !== 'gone'; // gone also if it is on another host
  }

  async function isTheSame(attemptId: string, known: Running): Promise<boolean> {
    if (!looksTheSame(attemptId, known)) return false;
    if (known.isChild || performance.now() - known.checkedAt < SAME_PROCESS_MS) return true;
    known.checkedAt = performance.now();
    return (await processProbe.check(known.shim)) !== 'dead';
  }

  function noteRunning({ attemptId, dir }: PlacedAttempt, found: AttemptStatus, status: PlacedStatus): void {
    if (found.kind !== 'running' || !found.shimAlive) return;
    // Until its end is reported, no other process can have the pid of a child.
    const isChild = launched.get(attemptId)?.pid === found.shim.pid;
    const now = performance.now();
    const { exit } = attemptFiles(dir);
    running.set(attemptId, { status, shim: found.shim, exit, isChild, lookedAt: now, checkedAt: now });
    if (isChild) listeners.get(attemptId)?.stop();
  }

  return {
    async start(order) {
      const { attemptId } = order;
      const shim: Launched = { at: performance.now(), pid: null };
      launched.set(attemptId, shim);
      shim.pid = await startAttempt({
        ...order,
        argv: [...order.argv],
        env: { ...order.env },
        onShimEnd: () => {
          launched.delete(attemptId);
          listeners.get(attemptId)?.news();
        },
      });
    },
    async status(attempt): Promise<PlacedStatus> {
      const { attemptId, dir } = attempt;
      const known = running.get(attemptId);
      if (known !== undefined && (await isTheSame(attemptId, known))) return known.status;
      running.delete(attemptId);
      const found = await readAttempt(dir);
      const status = placed(found, launched.get(attemptId)?.at ?? null);
      noteRunning(attempt, found, status);
      return status;
    },
    fence: async ({ dir }) => voidAttempt(dir),
    async stop({ attemptId, dir }, killAfterMs) {
      try {
        return await stopAttempt(dir, attemptId, killAfterMs);
      } finally {
        running.delete(attemptId); // before the kernel has reported the end of its shim
      }
    },
    watch({ attemptId, dir }, news) {
      const folder = watchFolder(dir, (name) => {
        if (name === 'exit.json' || name === 'agent.json') news();
      });
      const poll = setInterval(() => {
        const known = running.get(attemptId);
        if (known !== undefined && !looksTheSame(attemptId, known)) news();
      }, POLL_MS);
      poll.unref(); // the supervisor's loop keeps the process alive
      const stop = (): void => {
        folder.close();
        clearInterval(poll);
      };
      const listener: Listener = { news, stop };
      listeners.set(attemptId, listener);
      return {
        close: () => {
          stop();
          if (listeners.get(attemptId) === listener) listeners.delete(attemptId);
        },
      };
    },
  };
}

/** `launchedAt`: when this process started a shim for it that has not ended; an attempt without a claim may be starting. */
function placed(found: AttemptStatus, launchedAt: number | null): PlacedStatus {
  switch (found.kind) {
    case 'unclaimed': {
      const isComing = launchedAt !== null && performance.now() - launchedAt < UNCLAIMED_MS;
      return isComing ? { kind: 'starting', pid: null } : found;
    }
    case 'starting':
      return { kind: 'starting', pid: found.shim.pid };
    case 'running':
      return { kind: 'running', pid: found.agent.pid, attended: found.shimAlive };
    case 'ended':
      return { kind: 'ended', exit: found.exit, pid: found.agentPid };
    case 'void':
    case 'lost':
      return found;
  }
}
