import type { Place, PlacedStatus } from '../../core/run/place.js';
import { watchFolder } from '../base/folder-watch.js';
import { readAttempt, startAttempt, stopAttempt, voidAttempt } from './attempt.js';

/** A shim that did not claim its attempt within this time was never started. */
const UNCLAIMED_MS = 30_000;

/**
 * Runs attempts on this machine: one shim per attempt, which outlives the supervisor and records how its agent ended.
 */
export function thisMachine(): Place {
  /** Attempts that this process has started, and when: an attempt without a claim may still be starting. */
  const launched = new Map<string, number>();
  return {
    async start(order) {
      launched.set(order.attemptId, performance.now()); // this clock stops while the machine sleeps
      await startAttempt({
        ...order,
        argv: [...order.argv],
        env: { ...order.env },
        onShimEnd: () => launched.delete(order.attemptId),
      });
    },
    async status({ attemptId, dir }): Promise<PlacedStatus> {
      const found = await readAttempt(dir);
      switch (found.kind) {
        case 'unclaimed': {
          const at = launched.get(attemptId);
          const isComing = at !== undefined && performance.now() - at < UNCLAIMED_MS;
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
    },
    fence: async ({ dir }) => voidAttempt(dir),
    stop: async ({ attemptId, dir }, killAfterMs) => stopAttempt(dir, attemptId, killAfterMs),
    watch: ({ dir }, news) =>
      watchFolder(dir, (name) => {
        if (name === 'exit.json' || name === 'agent.json') news();
      }),
  };
}
