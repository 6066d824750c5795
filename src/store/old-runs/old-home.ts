import { lstat, readdir, readlink, realpath, rm, rmdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessProbe } from '../../core/base/process-identity.js';
import { makePrivateFolder } from '../files/atomic-file.js';
import { addHistory, readHistory } from '../runs/history-file.js';
import { publishGeneration, type HeldGeneration } from '../lock/lock-generations.js';
import { lookAtLock, type LockState } from '../lock/lock-state.js';
import { homePaths, isFolderName, type RunHome } from '../files/paths.js';
import { systemCode } from '../files/system-error.js';
import { moveRunFolder } from './move-folder.js';

/*
 * Earlier versions kept the runs of each checkout in its `.claude/parallel`. Once taken over, all that is there goes to
 * the run home that all checkouts share.
 */

/** Does this folder hold runs of an earlier version? Reached through no link: one could have come with a commit. */
export async function hasOldRuns(old: RunHome): Promise<boolean> {
  const names = await entriesOf(old.folder);
  const { runsDir } = homePaths(old);
  const hasRuns = names.includes('runs') && (await lstat(runsDir)).isDirectory(); // and not our link to the new ones
  if (!hasRuns && !names.includes('lock') && !names.includes('history.jsonl')) return false;
  return (await realpath(old.folder)) === join(await realpath(old.root), '.claude', 'parallel');
}

/**
 * Takes the lock of the earlier version, so that none of its supervisors starts in the middle. Gives the state that keeps
 * us from it: a live owner, or one that nobody here can see.
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

/** What `holdOldLock` took; the state it found is not worth keeping. */
export async function releaseOldLock(old: RunHome): Promise<void> {
  await rm(homePaths(old).lockDir, { recursive: true, force: true });
}

/** Ids of the runs in it, oldest first. */
export async function oldRuns(old: RunHome): Promise<string[]> {
  return (await entriesOf(homePaths(old).runsDir)).filter(isFolderName).sort();
}

/** Call it with the old lock held. Can be repeated. Those in `last` are used by living shims until they are linked. */
export async function moveOldRuns(old: RunHome, home: RunHome, last: ReadonlySet<string>): Promise<void> {
  const { runsDir } = homePaths(home);
  await makePrivateFolder(runsDir);
  await addHistory(home, await readHistory(old));
  await rm(homePaths(old).history, { force: true });
  const runIds = await oldRuns(old);
  for (const runId of [...runIds.filter((id) => !last.has(id)), ...runIds.filter((id) => last.has(id))])
    await moveRunFolder(join(homePaths(old).runsDir, runId), join(runsDir, runId));
}

/** What is left once all runs have moved; anything that is not o8's stays. The lock goes last. */
export async function removeOldHome(old: RunHome): Promise<void> {
  const { runsDir } = homePaths(old);
  for (const name of await entriesOf(runsDir)) {
    if (/^\.(?:new|old)-/.test(name)) await rm(join(runsDir, name), { recursive: true, force: true });
  }
  await releaseOldLock(old);
  for (const folder of [runsDir, old.folder]) await removeIfEmpty(folder);
}

/** For agents that still run: the shims that watch them know their files by the old path. */
export async function linkOldHome(old: RunHome, home: RunHome): Promise<void> {
  try {
    await symlink(home.folder, old.folder);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    await symlink(homePaths(home).runsDir, homePaths(old).runsDir); // something that is not o8's keeps the folder
  }
}

/** Is the old place our link to the new one? */
export async function isOldHomeLink(old: RunHome, home: RunHome): Promise<boolean> {
  try {
    return (await readlink(old.folder)) === home.folder;
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false; // EINVAL: no link
    throw error;
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw error;
  }
}

/** Names in a real folder; none where there is none, or a link. */
async function entriesOf(folder: string): Promise<string[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) return [];
    return await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}
