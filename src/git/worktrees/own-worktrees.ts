import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runOfFolder } from './own-worktree.js';
import type { Repository } from '../door/repository.js';
import { administrativeFolder, listWorktrees } from './worktree-list.js';

export interface OwnWorktree {
  readonly path: string;
  readonly branch: string | null;
  readonly runId: string;
  /** Its folder was deleted. */
  readonly gone: boolean;
}

/** The worktrees that o8 created. */
export async function listOwnWorktrees(repo: Repository): Promise<OwnWorktree[]> {
  const own: OwnWorktree[] = [];
  for (const { path, branch } of await listWorktrees(repo)) {
    const folder = await administrativeFolder(repo, path);
    const runId = folder === null ? null : await runOfFolder(folder);
    if (runId !== null) own.push({ path, branch, runId, gone: !existsSync(join(path, '.git')) });
  }
  return own;
}
