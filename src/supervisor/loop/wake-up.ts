import { watchFolder, type FolderWatch } from '../../process/base/folder-watch.js';
import { filesOf, type Run } from '../run/run.js';

/**
 * Ends the loop's wait early, for example when a job ends or a request arrives. File events may be missed, so the loop
 * never relies on them.
 */
export class WakeUp {
  private wake: (() => void) | null = null;
  private pending = false;
  private watcher: FolderWatch | null = null;

  watch(run: Run): void {
    this.watcher = watchFolder(filesOf(run).requests, () => {
      this.now();
    });
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
    this.watcher?.close();
  }
}
