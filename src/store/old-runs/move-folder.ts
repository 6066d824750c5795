import { errorCode } from '../../core/base/error-code.js';
import { randomBytes } from 'node:crypto';
import { cp, lstat, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import { syncFolder } from '../files/atomic-file.js';
import { writeError } from '../files/system-error.js';

/**
 * Moves a run's folder, also to another file system, completely or not at all: after a crash, the next call finishes
 * the move. If another folder has the name, it stays, and `from` is stored beside it as `.kept-<name>-<random>`.
 */
export async function moveRunFolder(from: string, to: string): Promise<void> {
  try {
    if (!(await isThere(to))) await moveTo(from, to);
    else if (await isSameRun(from, to)) await removeWhole(from);
    else await moveTo(from, join(dirname(to), `.kept-${basename(to)}-${randomBytes(4).toString('hex')}`));
  } catch (error) {
    throw writeError(error, to);
  }
}

async function moveTo(from: string, to: string): Promise<void> {
  try {
    failpoint('old_runs.move.before');
    await rename(from, to);
    failpoint('old_runs.move.after');
    await syncFolder(dirname(to));
    return;
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
  }
  const copy = join(dirname(to), `.new-${basename(to)}-moved`);
  failpoint('old_runs.copy.before');
  await rm(copy, { recursive: true, force: true });
  // Sockets, named pipes and devices cannot be copied, and o8 creates none.
  await cp(from, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: isCopied });
  await syncTree(copy); // the original is deleted next
  failpoint('old_runs.copy.written');
  await rename(copy, to);
  failpoint('old_runs.copy.after');
  await syncFolder(dirname(to));
  await removeWhole(from);
}

async function isCopied(path: string): Promise<boolean> {
  const entry = await lstat(path);
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

/** Renamed first, because a partly deleted run must not be listed as a run. */
async function removeWhole(path: string): Promise<void> {
  const old = join(dirname(path), `.old-${basename(path)}-${randomBytes(4).toString('hex')}`);
  failpoint('old_runs.original.before');
  await rename(path, old);
  failpoint('old_runs.original.renamed');
  await rm(old, { recursive: true, force: true });
  failpoint('old_runs.original.after');
}

/** Whether this is a copy whose original was not removed yet: plan and journal are identical. */
async function isSameRun(one: string, other: string): Promise<boolean> {
  for (const name of ['plan.json', 'journal.jsonl']) {
    const [a, b] = [await readOrNull(join(one, name)), await readOrNull(join(other, name))];
    if (a === null || b === null ? a !== b : !a.equals(b)) return false;
  }
  return true;
}

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function syncTree(path: string): Promise<void> {
  const entry = await lstat(path);
  if (entry.isFile()) return syncFile(path);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await syncTree(join(path, name));
  await syncFolder(path);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
