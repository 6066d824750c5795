import { statSync } from 'node:fs';
import type { Request } from '../../core/run/requests.js';
import { runPaths, type RunHome } from '../files/paths.js';
import { pendingRequests } from './request-files.js';

/** The coarsest times of a file system are 2 s (FAT): a folder that changed just now may change again without a sign. */
const COARSEST_TIME_MS = 2_000;
/** Listed at least this often, because times of a file server with another clock prove nothing. */
const LIST_ANYWAY_MS = 2_000;

/** Reads a run's requests repeatedly; the folder is listed only if it may have changed since it had none. */
export class RequestFolder {
  private readonly path: string;
  /** The folder's time of change when it had no unanswered request; null if it has to be listed. */
  private quiet: bigint | null = null;
  private listedAt = -Infinity;

  constructor(
    private readonly home: RunHome,
    private readonly runId: string,
  ) {
    this.path = runPaths(home, runId).requests;
  }

  /** Unanswered requests, oldest first. */
  async pending(): Promise<readonly Request[]> {
    const changed = this.changedAt(); // before the list: what comes in between changes it again
    const now = performance.now();
    if (changed !== null && changed === this.quiet && now - this.listedAt < LIST_ANYWAY_MS) return [];
    this.listedAt = now;
    const pending = await pendingRequests(this.home, this.runId);
    const isOld = changed !== null && BigInt(Date.now() - COARSEST_TIME_MS) * 1_000_000n > changed;
    this.quiet = pending.length === 0 && isOld ? changed : null;
    return pending;
  }

  private changedAt(): bigint | null {
    return statSync(this.path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? null;
  }
}
