import { pointedGitFolder } from '../../core/text/git-pointer.js';
import { existsSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mainCheckout } from '../door/main-checkout.js';
import { openRepository, type Repository } from '../door/repository.js';

/** Start of the lock reason of o8's worktrees. */
const OWN_REASON = 'o8 run';

/** Copy of the lock reason in git's folder for the worktree, because users and agents unlock worktrees. */
const MARK = 'o8';

/** The lock reason of a run's worktree, as `git worktree list` shows it. */
export function ownReason(runId: string, what: string): string {
  return `${OWN_REASON} ${runId}, ${what}`;
}

/** The run named in a lock reason, null if the reason is not from o8. */
export function runOfReason(reason: string): string | null {
  return new RegExp(`^${OWN_REASON} ([^,\\s]+),`).exec(reason)?.[1] ?? null;
}

/** Marks a worktree, by git's own folder for it, as created by o8. */
export async function markOwn(folder: string, reason: string): Promise<void> {
  await writeFile(join(folder, MARK), reason);
}

/** Removes the mark: the worktree now belongs to the user who asked to keep it. */
export async function unmarkOwn(folder: string): Promise<void> {
  await rm(join(folder, MARK), { force: true });
}

/** The run that created a worktree, by git's own folder for it; null if o8 did not create it. */
export async function runOfFolder(folder: string): Promise<string | null> {
  for (const file of [join(folder, MARK), join(folder, 'locked')]) {
    const runId = existsSync(file) ? runOfReason(await readFile(file, 'utf8')) : null;
    if (runId !== null) return runId;
  }
  return null;
}

/**
 * The checkout that the user means. In a worktree of o8 (to resolve a conflict there), that is the main checkout; any
 * other worktree is a checkout of its own.
 */
export async function homeCheckout(repo: Repository): Promise<Repository> {
  if (repo.gitDir === repo.commonDir || (await runOfFolder(repo.gitDir)) === null) return repo;
  const main = await mainCheckout(repo);
  return main === null ? repo : openRepository(main);
}

/**
 * Whether o8 created this worktree for this run. Anything else at the same path belongs to somebody else and must not
 * be touched.
 */
export async function isOwnWorktree(path: string, runId: string | null): Promise<boolean> {
  if (runId === null) return false;
  const pointer = join(path, '.git');
  if (!existsSync(pointer) || !(await stat(pointer)).isFile()) return false;
  const gitDir = pointedGitFolder(await readFile(pointer, 'utf8'));
  return gitDir !== undefined && (await runOfFolder(resolve(path, gitDir))) === runId;
}
