import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from '../../core/plan/plan.js';
import { sourceOf } from '../../core/plan/sources.js';
import { runPaths, type RunHome } from '../../store/files/paths.js';
import { readTold } from '../../store/runs/beads-told.js';
import type { RunFiles } from './run-files.js';

/** A few calls of a slow queue. The supervisor goes on for longer. */
const WAIT_MS = 60_000;
const POLL_MS = 100;

/** `goes_on`: the supervisor is telling it the rest. `later`: the next start of the same plan does. */
export type QueueTold = { readonly kind: 'all' } | { readonly kind: 'goes_on' | 'later'; readonly queue: string };

/**
 * Waits until the queue that a finished run's tasks come from was told what became of them, as long as the supervisor tells
 * it, and at most a minute. `stop`: nobody waits any more.
 */
export async function waitForQueue(
  home: RunHome,
  files: RunFiles,
  plan: Pick<Plan, 'runId' | 'source'>,
  stop: Promise<void>,
): Promise<QueueTold> {
  const { queue } = sourceOf(plan.source);
  if (queue === null) return { kind: 'all' };
  const stopped = stop.then(() => true);
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    files.lookAgain();
    const lock = await files.lock(); // before what was told: the supervisor writes that first
    if ((await readTold(runPaths(home, plan.runId).beads)).settled) return { kind: 'all' };
    if (lock.kind !== 'held' || lock.holder.runId !== plan.runId) return { kind: 'later', queue: queue.name };
    if (performance.now() >= deadline) return { kind: 'goes_on', queue: queue.name };
    if (await Promise.race([stopped, delay(POLL_MS, false)])) return { kind: 'goes_on', queue: queue.name };
  }
}
