import { statSync, watch } from 'node:fs';

export interface FolderWatch {
  close(): void;
}

/**
 * Calls back with the names of files that change in a folder. Events only shorten a wait: where the system has no
 * more watches to give, nothing is reported and the caller's timer remains.
 */
export function watchFolder(path: string, changed: (name: string | null) => void): FolderWatch {
  try {
    const watcher = watch(path, (_event, name) => {
      changed(name);
    });
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return { close: () => undefined }; // ENOSPC or EMFILE: the limit on watches is reached
  }
}

/**
 * Calls back when files were added to a folder or removed, also where no events come (a limit on watches, a network
 * file system). It looks every `everyMs`; what follows within the resolution of the file system's times is missed.
 */
export function pollFolder(path: string, everyMs: number, changed: () => void): FolderWatch {
  let before = changedAt(path);
  const timer = setInterval(() => {
    const now = changedAt(path);
    if (now === before) return;
    before = now;
    changed();
  }, everyMs);
  timer.unref(); // the caller's own work keeps the process alive
  return {
    close: () => {
      clearInterval(timer);
    },
  };
}

function changedAt(path: string): bigint | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? null;
  } catch {
    return null; // the caller reads the folder too and reports what is wrong with it
  }
}
