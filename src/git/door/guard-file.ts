import { join } from 'node:path';
import type { Repository } from './repository.js';

/** Locked while worktrees are registered; in the git folder that all checkouts of the repository share. */
export function guardFile({ commonDir }: Repository): string {
  return join(commonDir, 'o8', 'guard');
}
