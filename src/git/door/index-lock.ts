import { nullIfMissing } from '../../core/base/error-code.js';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '../../core/base/failpoint.js';
import type { Repository } from './repository.js';

const STALE_MS = 10_000; // git writes an index in well under a second and fills a worktree in a few
const PAUSE_MS = 50;

/**
 * Waits until no git holds the index, HEAD or branch (null: detached) of one of o8's worktrees; `reset --hard` locks
 * them in this order. The lock of a killed git stays and blocks every later command, so an old lock is removed. Never
 * use it for a checkout that somebody else works in.
 */
export async function awaitOwnLocks(repo: Repository, gitDir: string, branch: string | null): Promise<void> {
  for (const lock of lockPaths(repo, gitDir, branch)) await awaitLock(lock);
}

/** The lock files that git creates while it moves a checkout and its branch. */
export function lockPaths(repo: Repository, gitDir: string, branch: string | null): string[] {
  const ofBranch = branch === null ? [] : [lockOfBranch(repo, branch)];
  return [join(gitDir, 'index.lock'), join(gitDir, 'HEAD.lock'), ...ofBranch];
}

async function awaitLock(lock: string): Promise<void> {
  for (;;) {
    const age = await ageOf(lock);
    if (age === null) return;
    if (age > STALE_MS) break;
    await delay(PAUSE_MS);
  }
  failpoint('index_lock.remove.before');
  await rm(lock, { force: true });
  failpoint('index_lock.remove.after');
}

/** Milliseconds; null if there is no such file. If the clock was set back, a file looks newer, never older. */
async function ageOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(nullIfMissing);
  return found === null ? null : Date.now() - found.mtimeMs;
}

export function lockOfBranch(repo: Repository, branch: string): string {
  return join(repo.commonDir, 'refs', 'heads', `${branch}.lock`);
}
