import { pointedGitFolder } from '../../core/text/git-pointer.js';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { shellQuote } from '../../core/base/shell-quote.js';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { CriticalSection } from '../../core/base/lease.js';
import { git, gitFailure, tryGit } from '../door/execute.js';
import { awaitOwnLocks } from '../door/index-lock.js';
import { isOwnWorktree, markOwn, runOfReason } from './own-worktree.js';
import { createRef, deleteRef, resolveCommit } from '../refs/refs.js';
import { isAtLeast, type Repository } from '../door/repository.js';
import { realCommonFolder } from '../settings/pin.js';
import { emptyTrash, moveToTrash } from '../door/trash.js';
import {
  administrativeFolder,
  findWorktree,
  listWorktrees,
  recordedPath,
  type WorktreeEntry,
} from './worktree-list.js';

export { ensureExcluded } from '../door/exclude-file.js';
export { commitLeftovers, keepStaged, snapshotWorktree } from './uncommitted-work.js';
export { copyWorktreeIncludes } from './worktree-include.js';
export { inspectWorktree } from './worktree-inspection.js';
export { listWorktrees } from './worktree-list.js';

type Checkout =
  | { readonly kind: 'branch'; readonly branch: string; readonly start: string }
  | { readonly kind: 'detached'; readonly start: string };

const TRIES = 4; // another `git worktree add` at the same time can make either fail for about 10 ms
const PAUSE_MS = 40;

/**
 * Creates a worktree with `branch` checked out at `start`, locked against pruning. Can be repeated: an existing one is
 * only completed, and one that contains work is left as it is. Registration is serialised, because parallel adds race
 * on shared files; writing files is not. This was the fastest safe way in measurements.
 */
export async function addWorktree(
  repo: Repository,
  serialise: CriticalSection,
  { path, branch, start, reason }: { path: string; branch: string; start: string; reason: string },
): Promise<void> {
  await provide(repo, serialise, path, { kind: 'branch', branch, start }, reason);
}

/** Keeps others from removing it: `git worktree remove` and `prune` leave it alone. Can be repeated. */
export async function lockWorktree(
  repo: Repository,
  serialise: CriticalSection,
  path: string,
  reason: string,
): Promise<void> {
  await serialise(async () => {
    const entry = await findWorktree(repo, await recordedPath(path));
    if (entry !== null && !entry.locked) await lock(repo, path, reason);
  });
}

/** Others may remove it again. Can be repeated; one that is gone has no lock. */
export async function unlockWorktree(repo: Repository, serialise: CriticalSection, path: string): Promise<void> {
  await serialise(async () => {
    const entry = await findWorktree(repo, await recordedPath(path));
    if (entry?.locked !== true) return;
    failpoint('worktree.unlock.before');
    await git(['worktree', 'unlock', path], { cwd: repo.commonDir });
    failpoint('worktree.unlock.after');
  });
}

/** Creates a worktree with a detached HEAD at a commit, for commands that must not run in the user's checkout. */
export async function addScratchWorktree(
  repo: Repository,
  serialise: CriticalSection,
  { path, commit, reason }: { path: string; commit: string; reason: string },
): Promise<void> {
  await provide(repo, serialise, path, { kind: 'detached', start: commit }, reason);
}

/**
 * Removes a worktree with everything in it, including ignored and uncommitted files: inspect and rescue first. The
 * branch is kept. Can be repeated. A folder that is not a worktree of this repository is refused.
 */
export async function removeWorktree(repo: Repository, serialise: CriticalSection, path: string): Promise<void> {
  const wanted = await recordedPath(path);
  await serialise(async () => {
    const entry = await findWorktree(repo, wanted);
    if (entry !== null) return unregister(repo, entry);
    if (!(await isEmptyFolder(wanted))) {
      throw new O8Error(
        'git_failed',
        `${wanted} is not a worktree of ${repo.root} and was not removed`,
        `ls -la ${wanted}`,
      );
    }
  });
  await emptyTrash(wanted);
}

async function provide(
  repo: Repository,
  serialise: CriticalSection,
  path: string,
  checkout: Checkout,
  reason: string,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const wanted = await recordedPath(path);
  await emptyTrash(wanted);
  const registered = await serialise(() => register(repo, wanted, checkout, reason));
  try {
    await fill(repo, wanted, checkout);
  } catch (error) {
    if (registered === 'new') await undo(repo, serialise, wanted, checkout, error);
    throw error;
  }
}

/** Undoes only what a failed call created. */
async function undo(
  repo: Repository,
  serialise: CriticalSection,
  path: string,
  checkout: Checkout,
  cause: unknown,
): Promise<void> {
  try {
    await removeWorktree(repo, serialise, path);
    if (checkout.kind === 'branch') await dropUnused(repo, checkout);
  } catch (error) {
    const messages = [cause, error].map((each) => (each instanceof Error ? each.message : String(each)));
    throw new O8Error('git_failed', messages.join('\nand cleaning up failed: '), 'git worktree list');
  }
}

/** Registers the worktree with git without writing its files. Only inside the critical section. */
async function register(
  repo: Repository,
  path: string,
  checkout: Checkout,
  reason: string,
): Promise<'new' | 'there before'> {
  // Checks git's folder first: listing takes 10 ms of the critical section, and there is usually no entry.
  const known = (await administrativeFolder(repo, path)) !== null;
  const entry = known ? await findWorktree(repo, path) : null;
  if (entry !== null && (await isUsable(entry, checkout))) {
    await straightenPointer(path);
    if (!entry.locked) await lock(repo, path, reason);
    // Also where an earlier owner was killed between registration and mark: without its lock nothing else says whose it is.
    if (!entry.locked || (await isOwnWorktree(path, runOfReason(reason)))) await mark(repo, path, reason);
    return 'there before';
  }
  if (entry !== null) await unregister(repo, entry);
  else if (!(await isEmptyFolder(path))) {
    throw new O8Error('git_failed', `${path} exists and is not a worktree of ${repo.root}`, `mv ${path} ${path}.old`);
  }
  if (checkout.kind === 'detached') {
    await announce(repo, path, ['--detach', path, checkout.start], reason);
    return 'new';
  }
  const { branch, start } = checkout;
  const existed = (await resolveCommit(repo, `refs/heads/${branch}`)) !== null;
  // `worktree add -b` may write tracking settings into the config shared by all worktrees.
  if (!(await createRef(repo, `refs/heads/${branch}`, start))) {
    throw new O8Error('git_failed', `branch ${branch} exists at another commit than ${start}`, `git log ${branch}`);
  }
  try {
    await announce(repo, path, [path, branch], reason);
  } catch (error) {
    const holder = (await listWorktrees(repo)).find((other) => other.branch === branch);
    if (holder !== undefined) {
      const message = `branch ${branch} is checked out in ${holder.path}`;
      throw new O8Error('git_failed', message, `git -C ${shellQuote(holder.path)} switch --detach`);
    }
    if (!existed) await dropUnused(repo, checkout);
    throw error;
  }
  return 'new';
}

/**
 * Whether a registered worktree is the requested one; O8Error if it belongs to somebody else and must not be replaced.
 */
async function isUsable(entry: WorktreeEntry, checkout: Checkout): Promise<boolean> {
  if (entry.head === null || !existsSync(join(entry.path, '.git'))) {
    // git was killed during registration, or the worktree's folder is gone: safe to create again if it is empty.
    if (await isEmptyFolder(entry.path)) return false;
    throw new O8Error(
      'git_failed',
      `worktree ${entry.path} is damaged and contains files`,
      `git worktree repair ${entry.path}`,
    );
  }
  const wanted = checkout.kind === 'branch' ? checkout.branch : null;
  if (entry.branch === wanted && (wanted !== null || entry.head === checkout.start)) return true;
  const has = entry.branch === null ? `detached at ${entry.head}` : `on branch ${entry.branch}`;
  const away = shellQuote(`${entry.path}.old`);
  const hint = `git worktree move ${entry.locked ? '--force --force ' : ''}${shellQuote(entry.path)} ${away}`;
  throw new O8Error('git_failed', `worktree ${entry.path} is ${has}`, hint);
}

async function announce(repo: Repository, path: string, what: readonly string[], reason: string): Promise<void> {
  // `--lock` with `--reason` exists since 2.33; with an older git the reason is set by locking afterwards.
  const atOnce = isAtLeast(repo.version, 2, 33);
  const args = ['worktree', 'add', '--no-checkout', ...(atOnce ? ['--lock', '--reason', reason] : []), ...what];
  failpoint('worktree.register.before');
  for (let tries = 1; ; tries += 1) {
    const result = await tryGit(args, { cwd: repo.commonDir });
    if (result.code === 0) break;
    const half = await findWorktree(repo, path);
    if (half !== null) await unregister(repo, half);
    if (tries === TRIES) throw gitFailure(args, repo.root, result, 'git worktree list');
    await delay(PAUSE_MS * tries);
  }
  await straightenPointer(path);
  failpoint('worktree.register.after');
  if (!atOnce) await lock(repo, path, reason);
  await mark(repo, path, reason);
}

async function mark(repo: Repository, path: string, reason: string): Promise<void> {
  const folder = await administrativeFolder(repo, path);
  if (folder !== null) await markOwn(folder, reason);
}

/** git writes the given common folder into a new worktree, so it must be the real one. */
async function straightenPointer(worktree: string): Promise<void> {
  const pointer = join(worktree, '.git');
  const gitDir = pointedGitFolder(await readFile(pointer, 'utf8'));
  if (gitDir === undefined) return;
  const common = dirname(dirname(gitDir));
  if (realCommonFolder(common) === common) return;
  await writeFile(pointer, `gitdir: ${join(realCommonFolder(common), 'worktrees', basename(gitDir))}\n`);
}

async function lock(repo: Repository, path: string, reason: string): Promise<void> {
  failpoint('worktree.lock.before');
  await git(['worktree', 'lock', '--reason', reason, path], { cwd: repo.commonDir });
  failpoint('worktree.lock.after');
}

/** Writes the files. A worktree has an index only after it was filled once; from then on it may contain work. */
async function fill(repo: Repository, path: string, checkout: Checkout): Promise<void> {
  const gitDir = await administrativeFolder(repo, path);
  if (gitDir === null)
    throw new O8Error('git_failed', `worktree ${path} was removed while it was being created`, 'git worktree list');
  const branch = checkout.kind === 'branch' ? checkout.branch : null;
  await awaitOwnLocks(repo, gitDir, branch); // an earlier owner may have been killed while its git was still writing
  if (existsSync(join(gitDir, 'index'))) return;
  failpoint('worktree.fill.before');
  const reset = ['reset', '--hard', '--quiet'];
  const result = await tryGit(reset, { cwd: path });
  if (result.code !== 0) {
    await awaitOwnLocks(repo, gitDir, branch); // the git of a killed owner may also have started later
    if (!existsSync(join(gitDir, 'index'))) throw gitFailure(reset, path, result);
  }
  failpoint('worktree.fill.after');
}

/** Only inside the critical section. */
async function unregister(repo: Repository, entry: WorktreeEntry): Promise<void> {
  const folder = await administrativeFolder(repo, entry.path);
  if (folder === null) throw new O8Error('git_failed', `${entry.path} is the main checkout`, 'git worktree list');
  await moveToTrash(entry.path);
  failpoint('worktree.unregister.before');
  // --force twice, because it may be locked. git refuses a damaged entry; then only its folder is left to delete.
  const removed = await tryGit(['worktree', 'remove', '--force', '--force', entry.path], { cwd: repo.commonDir });
  if (removed.code !== 0) await rm(folder, { recursive: true, force: true });
  failpoint('worktree.unregister.after');
}

async function dropUnused(repo: Repository, checkout: Extract<Checkout, { kind: 'branch' }>): Promise<void> {
  await deleteRef(repo, `refs/heads/${checkout.branch}`, checkout.start);
}

/** Missing, or a folder that contains only the `.git` file. */
async function isEmptyFolder(path: string): Promise<boolean> {
  if (!existsSync(path)) return true;
  if (!(await lstat(path)).isDirectory()) return false;
  return (await readdir(path)).every((name) => name === '.git');
}
