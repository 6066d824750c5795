import { O8Error } from '../core/errors.js';
import { errorText } from './error-text.js';
import type { Run } from './run.js';

/** A job that throws is a surprise (git failed, a file went away): tried again this often, then it ends the run's progress. */
const MOST_SURPRISES = 3;

/** The jobs going on beside the loop, one per key; who is busy is a fact `decide` asks for. */
export class JobBoard {
  private readonly running = new Map<string, Promise<void>>();
  private readonly surprises = new Map<string, number>();
  private broken: Error | null = null;

  constructor(
    private readonly owner: Run,
    private readonly ended: (key: string) => void,
  ) {}

  /** Starts the job unless one with this key is going on. */
  start(key: string, work: () => Promise<void>): void {
    if (this.running.has(key)) return;
    this.run(key, work).catch((error: unknown) => {
      this.surprise(key, error); // `run` has its own; this is for a fault in what it calls at the end
    });
  }

  /** Runs the job under the key and waits for it; its surprises are recorded here and not thrown. */
  async run(key: string, work: () => Promise<void>): Promise<void> {
    const job = work().then(
      () => void this.surprises.delete(key),
      (error: unknown) => this.surprise(key, error),
    );
    this.running.set(key, job);
    await job;
    this.running.delete(key);
    this.ended(key);
  }

  has(key: string): boolean {
    return this.running.has(key);
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

  private surprise(key: string, error: unknown): void {
    this.owner.log(
      `${key}: ${errorText(error)}${error instanceof Error && !(error instanceof O8Error) ? `\n${error.stack ?? ''}` : ''}`,
    );
    const count = (this.surprises.get(key) ?? 0) + 1;
    this.surprises.set(key, count);
    const fatal = error instanceof O8Error && ['lease_lost', 'disk_full', 'journal_damaged'].includes(error.code);
    if (fatal || count >= MOST_SURPRISES) this.broken ??= error instanceof Error ? error : new Error(errorText(error));
  }
}
