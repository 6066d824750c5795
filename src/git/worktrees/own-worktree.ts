import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mainCheckout } from '../door/main-checkout.js';
import { openRepository, type Repository } from '../door/repository.js';

/** How the reason begins with which o8 locks the worktrees it makes. */
const OWN_REASON = 'o8 run';

/** Why a worktree of a run is locked, as `git worktree list` shows it. */
export function ownReason(runId: string, what: string): string {
  return `${OWN_REASON} ${runId}, ${what}`;
}

/** The run a reason speaks of, null for one that is not ours. */
export function runOfReason(reason: string): string | null {
  return new RegExp(`^${OWN_REASON} ([^,\\s]+),`).exec(reason)?.[1] ?? null;
}

/**
 * The checkout that is meant. Somebody who stands in a worktree that o8 made (to resolve a conflict there)
 * is taken back to the main checkout; any other worktree is a checkout of its own.
 */
export async function homeCheckout(repo: Repository): Promise<Repository> {
  const lock = join(repo.gitDir, 'locked');
  if (repo.gitDir === repo.commonDir || !existsSync(lock)) return repo;
  const reason = await readFile(lock, 'utf8');
  const main = reason.startsWith(OWN_REASON) ? await mainCheckout(repo) : null;
  return main === null ? repo : openRepository(main);
}

/** Is this a worktree that o8 made for this run? Anything else at the same place is somebody's and not to be touched. */
export async function isOwnWorktree(path: string, runId: string): Promise<boolean> {
  const pointer = join(path, '.git');
  if (!existsSync(pointer) || !(await stat(pointer)).isFile()) return false;
  const gitDir = /^gitdir: (.+)$/m.exec(await readFile(pointer, 'utf8'))?.[1];
  if (gitDir === undefined) return false;
  const lock = join(resolve(path, gitDir.trim()), 'locked');
  return existsSync(lock) && (await readFile(lock, 'utf8')).startsWith(`${OWN_REASON} ${runId},`);
}
