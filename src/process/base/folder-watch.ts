import { watch } from 'node:fs';

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
