import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOfReason } from './own-worktree.js';
import type { Repository } from '../door/repository.js';
import { administrativeFolder, listWorktrees } from './worktree-list.js';

export interface OwnWorktree {
  readonly path: string;
  readonly branch: string | null;
  readonly runId: string;
  /** Its folder was deleted by hand. */
  readonly gone: boolean;
}

/** The worktrees that o8 made, by the reason they are locked for. */
export async function listOwnWorktrees(repo: Repository): Promise<OwnWorktree[]> {
  const own: OwnWorktree[] = [];
  for (const { path, branch, locked } of await listWorktrees(repo)) {
    if (!locked) continue;
    const folder = await administrativeFolder(repo, path);
    const file = folder === null ? null : join(folder, 'locked');
    const runId = file === null || !existsSync(file) ? null : runOfReason(await readFile(file, 'utf8'));
    if (runId !== null) own.push({ path, branch, runId, gone: !existsSync(join(path, '.git')) });
  }
  return own;
}
