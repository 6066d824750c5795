import { existsSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tryGit } from '../door/execute.js';

/**
 * An index that git cannot read (truncated, overwritten) makes every command in the worktree fail, including a rescue.
 * Replaces it with an index of HEAD and keeps the damaged file beside it. False if the index was not damaged. Can be
 * repeated after a crash.
 */
export async function renewDamagedIndex(worktree: string, gitDir: string): Promise<boolean> {
  const index = join(gitDir, 'index');
  if (!existsSync(index) || (await tryGit(['ls-files', '--stage'], { cwd: worktree })).code === 0) return false;
  const fresh = join(gitDir, 'index.o8');
  await rm(fresh, { force: true });
  const made = await tryGit(['read-tree', 'HEAD'], { cwd: worktree, env: { GIT_INDEX_FILE: fresh } });
  if (made.code !== 0) return false;
  await copyFile(index, join(gitDir, 'index.damaged'));
  await rename(fresh, index);
  return true;
}
