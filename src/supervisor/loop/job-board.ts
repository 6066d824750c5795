import { O8Error } from '../../core/base/errors.js';
import { errorText } from '../run/error-text.js';

/** A job that throws unexpectedly (git failed, a file disappeared) is tried this often. */
const MOST_SURPRISES = 3;

/** These errors end the supervisor: without the lock or an intact journal it must not write anything. */
const FATAL: readonly string[] = ['lease_lost', 'journal_damaged'];

export interface JobBoardHost {
  readonly log: (line: string) => void;
  /** Called when a job has ended, successfully or not. */
  readonly ended: (key: string) => void;
  /** Called when a job failed too often, so that it is not tried forever. */
  readonly giveUp: (key: string, message: string) => Promise<void>;
}

/** Background jobs of the supervisor loop, at most one per key. */
export class JobBoard {
  private readonly running = new Map<string, Promise<void>>();
  private readonly surprises = new Map<string, number>();
  private broken: Error | null = null;

  constructor(private readonly host: JobBoardHost) {}

  /** Starts the job unless one with this key is running. */
  start(key: string, work: () => Promise<void>): void {
    if (this.running.has(key)) return;
    this.run(key, work).catch((error: unknown) => {
      this.broken ??= error instanceof Error ? error : new Error(errorText(error)); // giving up failed too
    });
  }

  /** Runs the job under the key and waits for it. Unexpected errors are handled here and not thrown. */
  async run(key: string, work: () => Promise<void>): Promise<void> {
    const job = work().then(
      () => void this.surprises.delete(key),
      (error: unknown) => this.surprise(key, error),
    );
    this.running.set(key, job);
    try {
      await job;
    } finally {
      this.running.delete(key);
      this.host.ended(key);
    }
  }

  has(key: string): boolean {
    return this.running.has(key);
  }

  /** Whether the last job with this key failed unexpectedly. */
  wasSurprised(key: string): boolean {
    return this.surprises.has(key);
  }

  isIdle(): boolean {
    return this.running.size === 0;
  }

  busyTasks(): ReadonlySet<string> {
    const prefix = 'task:';
    return new Set(
      [...this.running.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
    );
  }

  throwIfBroken(): void {
    if (this.broken !== null) throw this.broken;
  }

  private async surprise(key: string, error: unknown): Promise<void> {
    const expected = error instanceof O8Error;
    this.host.log(`${key}: ${errorText(error)}${error instanceof Error && !expected ? `\n${error.stack ?? ''}` : ''}`);
    if (expected && FATAL.includes(error.code)) {
      this.broken ??= error;
      return;
    }
    if (expected && error.code === 'disk_full') return; // waits for space, however long
    const count = (this.surprises.get(key) ?? 0) + 1;
    this.surprises.set(key, count);
    if (count < MOST_SURPRISES) return;
    this.surprises.delete(key);
    await this.host.giveUp(key, errorText(error));
  }
}
