import { o8, text } from '../../core/base/text.js';
import { statSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { O8Error } from '../../core/base/errors.js';
import type { Lease } from '../../core/base/lease.js';
import { PRIVATE_FILE } from '../files/atomic-file.js';
import {
  generationFile,
  heartbeatFile,
  isPassed,
  publishGeneration,
  readHead,
  removeOldGenerations,
  type HeldGeneration,
} from './lock-generations.js';
import { keepMirror, mirrorText, removeMirror } from './lock-mirror.js';

/** The lease, as used by its owner. */
export interface OwnedLease extends Lease {
  /** Releases the lock and removes `.claude/parallel.lock`. Does nothing if the lease is already lost. */
  release(): Promise<void>;
}

/** How often a deleted mirror is written again. */
const MIRROR_MS = 1000;
/** Six missed heartbeats make the minute after which an unreachable owner may be replaced by force. */
const HEARTBEAT_MS = 10_000;

/** The lease on a generation this process has just published; starts the heartbeat and writes the mirror. */
export async function startLease(lockDir: string, mirrorPath: string, owner: HeldGeneration): Promise<OwnedLease> {
  const own = await stat(generationFile(lockDir, owner.generation));
  const lease = new GenerationLease(lockDir, mirrorPath, owner, { inode: own.ino, modified: own.mtimeMs });
  try {
    await lease.start();
    await removeOldGenerations(lockDir, owner.generation);
    return lease;
  } catch (error) {
    await lease.release(); // a process that fails to start (disk full) must not remain the owner
    throw error;
  }
}

class GenerationLease implements OwnedLease {
  readonly runId: string;
  readonly generation: number;
  private readonly mirror: string;
  private readonly ownFile: string;
  private timers: NodeJS.Timeout[] = [];
  private beating: Promise<void> = Promise.resolve();
  private mirroring: Promise<void> = Promise.resolve();
  private released = false;

  constructor(
    private readonly lockDir: string,
    private readonly mirrorPath: string,
    owner: HeldGeneration,
    private readonly file: { readonly inode: number; readonly modified: number },
  ) {
    this.runId = owner.runId;
    this.generation = owner.generation;
    this.mirror = mirrorText(owner);
    this.ownFile = generationFile(lockDir, owner.generation);
  }

  /**
   * Lists some twenty names and one stat, about ten microseconds. The order matters: old numbers are removed lowest
   * first, so if no higher number was listed and ours still existed afterwards, no owner followed. Inode and time
   * distinguish our file from one created after the whole folder was removed.
   */
  assertHeld(): void {
    const passed = isPassed(this.lockDir, this.generation);
    const own = statSync(this.ownFile, { throwIfNoEntry: false });
    const ours = own?.ino === this.file.inode && own.mtimeMs === this.file.modified;
    if (!this.released && !passed && ours) return;
    throw new O8Error(
      'lease_lost',
      `Run ${this.runId} is no longer owned by this process (pid ${process.pid}): another process has taken it over.`,
      text`${o8('status')} shows who owns it now.`,
    );
  }

  async start(): Promise<void> {
    await this.beat();
    await this.keepMirror();
    // A failed write (disk full) or a lost lease is detected by `assertHeld` before each effect.
    const heartbeat = setInterval(() => {
      this.beating = this.beat().catch(() => undefined);
    }, HEARTBEAT_MS);
    const mirror = setInterval(() => {
      this.mirroring = this.keepMirror().catch(() => undefined);
    }, MIRROR_MS);
    this.timers = [heartbeat, mirror];
    for (const timer of this.timers) timer.unref(); // the lease alone must not keep a process alive
  }

  async release(): Promise<void> {
    if (this.released) return;
    for (const timer of this.timers) clearInterval(timer);
    await this.beating;
    await this.mirroring;
    if (!this.isHeld()) return;
    // The mirror first: after the release it may belong to another owner.
    await removeMirror(this.mirrorPath);
    this.released = true;
    const { runId } = this;
    const generation = readHead(this.lockDir).next;
    const releasedAt = new Date().toISOString();
    // If the number is taken, another process has just taken over, and the lock is released either way.
    await publishGeneration(this.lockDir, {
      version: 1,
      kind: 'released',
      generation,
      runId,
      releasedAt,
    });
  }

  private async beat(): Promise<void> {
    this.assertHeld();
    // Writes instead of touching, so that the file system sets the time, which is the same for every host that shares
    // it.
    await writeFile(heartbeatFile(this.lockDir, this.generation), '.', { mode: PRIVATE_FILE });
  }

  private async keepMirror(): Promise<void> {
    await keepMirror(this.mirrorPath, this.mirror, () => this.assertHeld());
  }

  private isHeld(): boolean {
    try {
      this.assertHeld();
      return true;
    } catch (error) {
      if (error instanceof O8Error && error.code === 'lease_lost') return false;
      throw error;
    }
  }
}
