import { pointedGitFolder } from '../../core/text/git-pointer.js';
import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mainCheckout } from '../door/main-checkout.js';
import { openRepository, type Repository } from '../door/repository.js';

/** How the reason begins with which o8 locks the worktrees it makes. */
const OWN_REASON = 'o8 run';

/** The same reason again, beside git's own files of the worktree: people and agents unlock worktrees. */
const MARK = 'o8';

/** Why a worktree of a run is locked, as `git worktree list` shows it. */
export function ownReason(runId: string, what: string): string {
  return `${OWN_REASON} ${runId}, ${what}`;
}

/** The run a reason speaks of, null for one that is not ours. */
function runOfReason(reason: string): string | null {
  return new RegExp(`^${OWN_REASON} ([^,\\s]+),`).exec(reason)?.[1] ?? null;
}

/** Says that a worktree, by git's own folder of it, is one that o8 made. */
export async function markOwn(folder: string, reason: string): Promise<void> {
  await writeFile(join(folder, MARK), reason);
}

/** It belongs to whoever asked for it to be kept. */
export async function unmarkOwn(folder: string): Promise<void> {
  await rm(join(folder, MARK), { force: true });
}

/** The run that made a worktree, by git's own folder of it; null where somebody else did. */
export async function runOfFolder(folder: string): Promise<string | null> {
  for (const file of [join(folder, MARK), join(folder, 'locked')]) {
    const runId = existsSync(file) ? runOfReason(await readFile(file, 'utf8')) : null;
    if (runId !== null) return runId;
  }
  return null;
}

/**
 * The checkout that is meant. Somebody who stands in a worktree that o8 made (to resolve a conflict there)
 * is taken back to the main checkout; any other worktree is a checkout of its own.
 */
export async function homeCheckout(repo: Repository): Promise<Repository> {
  if (repo.gitDir === repo.commonDir || (await runOfFolder(repo.gitDir)) === null) return repo;
  const main = await mainCheckout(repo);
  return main === null ? repo : openRepository(main);
}

/** Is this a worktree that o8 made for this run? Anything else at the same place is somebody's and not to be touched. */
export async function isOwnWorktree(path: string, runId: string): Promise<boolean> {
  const pointer = join(path, '.git');
  if (!existsSync(pointer) || !(await stat(pointer)).isFile()) return false;
  const gitDir = pointedGitFolder(await readFile(pointer, 'utf8'));
  return gitDir !== undefined && (await runOfFolder(resolve(path, gitDir))) === runId;
}
