import type { ProcessEntry } from './process-entry.js';
import { stopTree, type TreeTracker } from './process-tree.js';
import { waitUntil } from '../base/wait-until.js';
import { commandLines } from './command-lines.js';

/** Test runners end shortly before their workers, so processes get a moment to end by themselves. */
export const GOES_BY_ITSELF_MS = 1_000;

/**
 * Stops what remains of a tree whose first process has ended; returns the command lines of the processes it stopped.
 */
export async function endLeftBehind(tracker: TreeTracker, patienceMs: number, killAfterMs: number): Promise<string[]> {
  const left = await leftBehind(tracker, patienceMs);
  if (left.length === 0) return [];
  const names = await commandLines(left);
  await stopTree(tracker, killAfterMs);
  return names;
}

/** The processes that still run after this time. */
export async function leftBehind(tracker: TreeTracker, patienceMs: number): Promise<readonly ProcessEntry[]> {
  let left: readonly ProcessEntry[] = [];
  await waitUntil(async () => {
    left = await tracker.living();
    return left.length === 0;
  }, patienceMs);
  return left;
}
