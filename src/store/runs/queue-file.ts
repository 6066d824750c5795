import { existsSync } from 'node:fs';
import { queueSnapshotSchema, type QueueSnapshot } from '../../core/report/queue-snapshot.js';
import { readJson, writeFileAtomically } from '../files/atomic-file.js';
import { checkoutPaths } from '../files/paths.js';

/**
 * Replaces `.claude/parallel-queue.json` in the checkout. Not flushed to disk, because it is derived from the journal.
 * Does not recreate a removed checkout.
 */
export async function writeQueueFile(root: string, snapshot: QueueSnapshot): Promise<void> {
  if (!existsSync(root)) return;
  await writeFileAtomically(checkoutPaths(root).queue, `${JSON.stringify(snapshot, null, 2)}\n`, 'cached');
}

export function hasQueueFile(root: string): boolean {
  return existsSync(checkoutPaths(root).queue);
}

/** The snapshot of the current or last run, null if there is none; O8Error if it is damaged (it can be deleted). */
export async function readQueueFile(root: string): Promise<QueueSnapshot | null> {
  return readJson(checkoutPaths(root).queue, queueSnapshotSchema);
}
