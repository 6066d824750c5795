import { nullIfMissing } from '../../core/base/error-code.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAncestor, resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { administrativeFolder, recordedPath } from './worktree-list.js';

/**
 * The last commit on top of `start` that a worktree had checked out, from its HEAD reflog, even if its branch or folder
 * is gone. Null if there was none, or git keeps no such log.
 */
export async function lastCheckedOut(repo: Repository, worktree: string, start: string): Promise<string | null> {
  const folder = await administrativeFolder(repo, await recordedPath(worktree));
  if (folder === null) return null;
  for (const commit of (await readHeadLog(folder)).reverse()) {
    if (commit === start || (await resolveCommit(repo, commit)) === null) continue;
    if (await isAncestor(repo, start, commit)) return commit;
  }
  return null;
}

/** Oldest first: the commits HEAD was moved to, zeros if its branch was deleted. */
async function readHeadLog(gitDir: string): Promise<string[]> {
  const log = (await readFile(join(gitDir, 'logs', 'HEAD'), 'utf8').catch(nullIfMissing)) ?? '';
  const moves = log.split('\n').flatMap((line) => /^[0-9a-f]+ ([0-9a-f]+) /.exec(line)?.[1] ?? []);
  return moves.filter((id) => !/^0+$/.test(id));
}
