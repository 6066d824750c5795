import { pollFolder, watchFolder, type FolderWatch } from '../../process/base/folder-watch.js';
import { filesOf, type Run } from '../run/run.js';

/** A request is noticed within this time where no file events come. */
const POLL_MS = 250;

/**
 * Ends the loop's wait early, for example when a job ends or a request arrives. Events may be missed, so the loop never
 * relies on them alone.
 */
export class WakeUp {
  private wake: (() => void) | null = null;
  private pending = false;
  private watchers: readonly FolderWatch[] = [];

  watch(run: Run): void {
    const { requests } = filesOf(run);
    const now = (): void => {
      this.now();
    };
    this.watchers = [watchFolder(requests, now), pollFolder(requests, POLL_MS, now)];
  }

  now(): void {
    this.pending = true;
    this.wake?.();
  }

  async within(ms: number): Promise<void> {
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = null;
    this.pending = false;
  }

  close(): void {
    for (const watcher of this.watchers) watcher.close();
  }
}
