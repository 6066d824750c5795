import { errorCode } from '../../core/base/error-code.js';
import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { lstat, readdir, readlink, realpath, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import type { ProcessProbe } from '../../core/base/process-identity.js';
import { makePrivateFolder, syncFolder } from '../files/atomic-file.js';
import { addHistory, readHistory } from '../runs/history-file.js';
import { publishGeneration, type HeldGeneration } from '../lock/lock-generations.js';
import { lookAtLock, type LockState } from '../lock/lock-state.js';
import { homePaths, isFolderName, type RunHome } from '../files/paths.js';
import { moveRunFolder } from './move-folder.js';

/*
 * Earlier versions kept the runs of each checkout in its `.claude/parallel`. After the takeover, everything in it is moved to
 * the run home, which all checkouts share.
 */

/**
 * Whether this folder contains runs of an earlier version. Links are not followed, because a commit can contain one.
 */
export async function hasOldRuns(old: RunHome): Promise<boolean> {
  const names = await entriesOf(old.folder);
  const { runsDir } = homePaths(old);
  const hasRuns = names.includes('runs') && (await lstat(runsDir)).isDirectory(); // not o8's link to the new location
  if (!hasRuns && !names.includes('lock') && !names.includes('history.jsonl')) return false;
  return (await realpath(old.folder)) === join(await realpath(old.root), '.claude', 'parallel');
}

/**
 * Takes the lock of the earlier version, so that none of its supervisors starts meanwhile. Returns the state that
 * prevents this: a live owner, or one that cannot be checked from here.
 */
export async function holdOldLock(
  old: RunHome,
  probe: ProcessProbe,
): Promise<Extract<LockState, { kind: 'held' | 'unknown' }> | null> {
  const { lockDir } = homePaths(old);
  await makePrivateFolder(lockDir);
  for (;;) {
    const { state, next } = await lookAtLock(lockDir, probe);
    if (state.kind === 'held' || state.kind === 'unknown') return state;
    const fence: HeldGeneration = {
      version: 1,
      kind: 'held',
      generation: next,
      runId: 'taken-over',
      startedAt: new Date().toISOString(),
      features: [],
      maxConcurrency: 1,
      process: await probe.self(),
    };
    if (await publishGeneration(lockDir, fence)) return null;
  }
}

/** Removes what `holdOldLock` created; the earlier state is not kept. */
export async function releaseOldLock(old: RunHome): Promise<void> {
  failpoint('old_runs.unlock.before');
  await rm(homePaths(old).lockDir, { recursive: true, force: true });
  failpoint('old_runs.unlock.after');
}

/** Ids of its runs, oldest first. */
export async function oldRuns(old: RunHome): Promise<string[]> {
  return (await entriesOf(homePaths(old).runsDir)).filter(isFolderName).sort();
}

/**
 * Call it while holding the old lock. Can be repeated. Live shims use the runs in `last`, which `swapOldHome` moves.
 */
export async function moveOldRuns(old: RunHome, home: RunHome, last: ReadonlySet<string>): Promise<void> {
  const { runsDir } = homePaths(home);
  await makePrivateFolder(runsDir);
  await addHistory(home, await readHistory(old));
  failpoint('old_runs.history.before');
  await rm(homePaths(old).history, { force: true });
  failpoint('old_runs.history.after');
  for (const runId of await oldRuns(old)) {
    const to = join(runsDir, runId);
    if (!last.has(runId) || existsSync(to)) await moveRunFolder(join(homePaths(old).runsDir, runId), to);
  }
  for (const name of await entriesOf(homePaths(old).runsDir)) {
    if (/^\.(?:new|old)-/.test(name)) await rm(join(homePaths(old).runsDir, name), { recursive: true, force: true });
  }
}

/**
 * Removes the empty old folder after all runs have moved; keeps files that o8 did not create. The lock is removed last.
 */
export async function removeOldHome(old: RunHome): Promise<void> {
  await releaseOldLock(old);
  failpoint('old_runs.folder.before');
  for (const folder of [homePaths(old).runsDir, old.folder]) await removeIfEmpty(folder);
  failpoint('old_runs.folder.after');
}

/** Records that live shims need the link: written before their runs move, removed with the link. */
export function linkNote(old: RunHome, home: RunHome): string {
  return join(home.folder, 'old-places', createHash('sha256').update(old.root).digest('hex').slice(0, 12));
}

/**
 * Moves the runs of live shims and leaves a link to the new location, because they know their files by the old path.
 * Synchronous, because a shim whose agent ends during the move could not record the exit. Both locations are on one
 * file system.
 */
export async function swapOldHome(old: RunHome, home: RunHome): Promise<void> {
  for (const runId of await oldRuns(old)) {
    failpoint('old_runs.move.before');
    renameSync(join(homePaths(old).runsDir, runId), join(homePaths(home).runsDir, runId));
    failpoint('old_runs.move.after');
  }
  failpoint('old_runs.unlock.before');
  rmSync(homePaths(old).lockDir, { recursive: true, force: true });
  failpoint('old_runs.unlock.after');
  linkOldHome(old, home);
  await syncFolder(homePaths(home).runsDir);
}

export function linkOldHome(old: RunHome, home: RunHome): void {
  failpoint('old_runs.link.before');
  removeEmptySync(homePaths(old).runsDir);
  if (removeEmptySync(old.folder)) symlinkSync(home.folder, old.folder);
  // Files that o8 did not create keep the folder.
  else symlinkSync(homePaths(home).runsDir, homePaths(old).runsDir);
  failpoint('old_runs.link.after');
}

/** o8's link from the old to the new location, null if there is none. */
export async function oldHomeLink(old: RunHome, home: RunHome): Promise<string | null> {
  if ((await linkAt(old.folder)) === home.folder) return old.folder;
  const { runsDir } = homePaths(old);
  return (await linkAt(runsDir)) === homePaths(home).runsDir ? runsDir : null;
}

async function linkAt(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(errorCode(error) ?? '')) return null; // EINVAL: not a link
    throw error;
  }
}

/** False if it is not empty, or not a folder. */
function removeEmptySync(folder: string): boolean {
  try {
    failpoint('old_runs.folder.before');
    rmdirSync(folder);
    failpoint('old_runs.folder.after');
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(code)) throw error;
    return code === 'ENOENT';
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** Names in a real folder; none for a missing folder or a link. */
async function entriesOf(folder: string): Promise<string[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) return [];
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
