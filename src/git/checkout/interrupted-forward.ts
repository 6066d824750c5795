import { errorCode, nullIfMissing } from '../../core/base/error-code.js';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { failpoint } from '../../core/base/failpoint.js';
import { git, tryGit } from '../door/execute.js';
import { readDifferences, type Difference } from '../diff/tree-difference.js';

/**
 * Written beside the index before git updates a checkout, so that an interrupted update can be recognized and undone.
 */
const recordSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  pid: z.number().int().positive(),
  /** `rolling_back`: the lock of the killed git may already be removed while some files are still at the new commit. */
  step: z.enum(['forward', 'rolling_back']).default('forward'),
});
type ForwardRecord = z.infer<typeof recordSchema>;

/**
 * `foreign`: somebody has changed these paths since, so nothing was touched. `only_ref_left`: files and index are at
 * the new commit, only the branch is not.
 */
export type Recovery =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'rolled_back' }
  | { readonly kind: 'only_ref_left'; readonly to: string }
  | { readonly kind: 'foreign'; readonly paths: string[] };

/** Synchronous, so that git's pid is recorded immediately after git starts. */
export function recordForward(gitDir: string, record: ForwardRecord): void {
  const path = recordPath(gitDir);
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  failpoint('forward.record.before');
  renameSync(temporary, path);
  failpoint('forward.record.after');
}

export function forgetForward(gitDir: string): void {
  failpoint('forward.forget.before');
  rmSync(recordPath(gitDir), { force: true });
  failpoint('forward.forget.after');
}

/**
 * A git that was killed while updating this checkout leaves some files old, some new, one partly written, and an
 * index.lock that makes every later git fail. Restores the old files if that git is dead and nobody else changed the
 * files.
 */
export async function rollBackInterrupted(checkout: string, gitDir: string): Promise<Recovery> {
  const record = await readRecord(gitDir);
  if (record === null || isAlive(record.pid)) return { kind: 'nothing' };
  const { from, to } = record;
  const head = (await git(['rev-parse', 'HEAD'], { cwd: checkout })).trim();
  if (head !== from) return { kind: 'nothing' };
  const differences = await readDifferences(checkout, from, to);
  const lock = join(gitDir, 'index.lock');
  if (record.step === 'forward' && !existsSync(lock)) {
    const arrived = await hasIndexOf(checkout, to, differences);
    return arrived ? { kind: 'only_ref_left', to } : { kind: 'nothing' }; // otherwise git had not started
  }
  const foreign = await changedSince(checkout, to, differences);
  if (foreign.length > 0) return { kind: 'foreign', paths: foreign };
  recordForward(gitDir, { ...record, step: 'rolling_back' });
  failpoint('rollback.unlock.before');
  await rm(lock, { force: true });
  failpoint('rollback.unlock.after');
  await putBack(checkout, gitDir, from, differences);
  return { kind: 'rolled_back' };
}

async function putBack(
  checkout: string,
  gitDir: string,
  from: string,
  differences: readonly Difference[],
): Promise<void> {
  await removeNewFiles(checkout, differences);
  failpoint('rollback.restore.before');
  await restoreOldFiles(checkout, from, differences);
  failpoint('rollback.restore.after');
  forgetForward(gitDir);
}

async function changedSince(checkout: string, to: string, differences: readonly Difference[]): Promise<string[]> {
  const foreign: string[] = [];
  for (const difference of differences) {
    if (!(await isLeftByGit(checkout, to, difference))) foreign.push(difference.path);
  }
  return foreign;
}

/**
 * git could not move the branch after it updated index and files: restores both and keeps the user's other changes.
 * Keeps the record if somebody has changed one of the files since.
 */
export async function takeBackForward(checkout: string, gitDir: string): Promise<void> {
  const record = await readRecord(gitDir);
  if (record === null) return;
  const differences = await readDifferences(checkout, record.from, record.to);
  if (!(await hasIndexOf(checkout, record.to, differences))) {
    forgetForward(gitDir);
    return;
  }
  if ((await changedSince(checkout, record.to, differences)).length > 0) return;
  recordForward(gitDir, { ...record, step: 'rolling_back' });
  await putBack(checkout, gitDir, record.from, differences);
}

/** git writes the index after all files, and moves the branch last. */
async function hasIndexOf(checkout: string, to: string, differences: readonly Difference[]): Promise<boolean> {
  const args = ['diff-index', '--cached', '--name-only', '--no-renames', '-z', to];
  const missing = new Set((await git(args, { cwd: checkout })).split('\0'));
  return differences.every(({ path }) => !missing.has(path));
}

const NOTHING = '000000';
const SYMLINK = '120000';
const SUBMODULE = '160000';

/** True if the file is missing, has the old or the new content, or the beginning of the new content. */
async function isLeftByGit(checkout: string, to: string, difference: Difference): Promise<boolean> {
  const { path, oldId, newId, newMode } = difference;
  const file = join(checkout, path);
  const stats = existsSync(dirname(file)) ? await lstat(file).catch(nullIfMissing) : null;
  if (stats === null || stats.isDirectory()) return true; // the files in a folder are checked one by one
  if (stats.isSymbolicLink()) {
    const id = (await git(['hash-object', '--stdin'], { cwd: checkout, input: await readlink(file) })).trim();
    return id === oldId || id === newId;
  }
  const id = (await git(['hash-object', '--', path], { cwd: checkout })).trim();
  if (id === oldId || id === newId) return true;
  if (newMode === NOTHING || newMode === SYMLINK || newMode === SUBMODULE) return false;
  const whole = await tryGit(['cat-file', '--filters', `${to}:${path}`], { cwd: checkout });
  return whole.code === 0 && whole.stdout.startsWith(await readFile(file, 'utf8'));
}

async function removeNewFiles(checkout: string, differences: readonly Difference[]): Promise<void> {
  // If git wrote the index before it was killed, the files are listed in it.
  const added = differences.filter(({ oldMode }) => oldMode === NOTHING).map(({ path }) => `${path}\0`);
  await git(['update-index', '-z', '--force-remove', '--stdin'], { cwd: checkout, input: added.join('') });
  for (const { path } of differences.filter(({ oldMode, newMode }) => oldMode === NOTHING && newMode !== SUBMODULE)) {
    const file = join(checkout, path);
    const stats = await lstat(file).catch(nullIfMissing);
    if (stats === null || stats.isDirectory()) continue;
    await rm(file);
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      try {
        await rmdir(join(checkout, folder));
      } catch {
        break; // not empty: it contains other files
      }
    }
  }
}

const PATHS_AT_ONCE = 200; // of at most 4,096 bytes each: below the smallest command line limit

async function restoreOldFiles(checkout: string, from: string, differences: readonly Difference[]): Promise<void> {
  const old = differences.filter(({ oldMode }) => oldMode !== NOTHING && oldMode !== SUBMODULE);
  for (let at = 0; at < old.length; at += PATHS_AT_ONCE) {
    const paths = old.slice(at, at + PATHS_AT_ONCE).map(({ path }) => path);
    await git(['--literal-pathspecs', 'checkout', '--quiet', from, '--', ...paths], { cwd: checkout });
  }
}

async function readRecord(gitDir: string): Promise<ForwardRecord | null> {
  const path = recordPath(gitDir);
  if (!existsSync(path)) return null;
  const text = await readFile(path, 'utf8');
  if (!text.endsWith('}')) return null; // the machine stopped while the record was written, so git had not been started
  return recordSchema.parse(JSON.parse(text));
}

/** A pid that was reused by another process counts as alive, and then nothing is touched. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

function recordPath(gitDir: string): string {
  return join(gitDir, 'o8-fast-forward.json');
}
