import { queueSnapshotSchema, type QueueSnapshot } from '../core/queue-snapshot.js';
import { readJson, writeFileAtomically } from './atomic-file.js';
import { repositoryPaths } from './paths.js';

/** Replaces `.claude/parallel-queue.json`. Derived from the journal, so it is not worth waiting for the disk. */
export async function writeQueueFile(root: string, snapshot: QueueSnapshot): Promise<void> {
  await writeFileAtomically(repositoryPaths(root).queue, `${JSON.stringify(snapshot, null, 2)}\n`, 'cached');
}

/** The snapshot of the current or last run, null when there is none; O8Error when it is damaged (it can be removed). */
export async function readQueueFile(root: string): Promise<QueueSnapshot | null> {
  return readJson(repositoryPaths(root).queue, queueSnapshotSchema);
}
