import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';

/** Whether the agent reported that it is done. A folder of that name does not count, because it may contain work. */
export function hasMarker(worktree: string): boolean {
  const found = lstatSync(join(worktree, COMPLETION_MARKER), { throwIfNoEntry: false });
  return found !== undefined && !found.isDirectory();
}
