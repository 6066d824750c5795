import { existsSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ownReason } from '../../git/worktrees/own-worktree.js';
import { addScratchWorktree, removeWorktree } from '../../git/worktrees/worktrees.js';
import { assertInside } from '../../store/files/inside-repository.js';
import { checkoutPaths } from '../../store/files/paths.js';
import type { Run } from './run.js';

/** Does `work` in a temporary worktree of `commit`; `name` distinguishes it from others of the run. */
export async function inScratchWorktree<T>(
  run: Run,
  { name, commit }: { readonly name: string; readonly commit: string },
  work: (path: string) => Promise<T>,
): Promise<T> {
  const folder = folderOf(run);
  await assertInside(run.repo.root, folder);
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await removeWorktree(run.repo, run.serialise, path);
  await addScratchWorktree(run.repo, run.serialise, { path, commit, reason: ownReason(run.plan.runId, name) });
  try {
    return await work(path);
  } finally {
    await removeWorktree(run.repo, run.serialise, path);
    await removeIfEmpty(folder);
  }
}

/** Removes scratch worktrees left by supervisors that were killed during a check. */
export async function removeScratchWorktrees(run: Run): Promise<void> {
  const folder = folderOf(run);
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.')) await removeWorktree(run.repo, run.serialise, join(folder, name)); // with its trash
  }
  await removeIfEmpty(folder);
}

function folderOf({ repo, plan }: Run): string {
  return checkoutPaths(repo.root).scratch(plan.runId);
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch {
    // Another check of the run is using the folder; the last one removes it.
  }
}
