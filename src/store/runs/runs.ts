import { errorCode } from '../../core/base/error-code.js';
import { o8, text } from '../../core/base/text.js';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { planSchema, type Plan } from '../../core/plan/plan.js';
import { nextRunId } from '../../core/run/run-id.js';
import { makePrivateFolder, readJson, syncFolder, writeFileAtomically } from '../files/atomic-file.js';
import { assertInside } from '../files/inside-repository.js';
import { homePaths, isFolderName, runPaths, type RunHome } from '../files/paths.js';
import { writeError } from '../files/system-error.js';

/** Prefix of a run that is being created or removed: never listed; after this time (ms) its process was killed. */
const UNFINISHED = /^\.(?:new|old)-/;
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * An id for a new run: sorts after all existing runs; a random suffix distinguishes runs that start at the same time.
 */
export async function newRunId(home: RunHome, now: Date): Promise<string> {
  const [newest = null] = await listRuns(home);
  return nextRunId(now, newest, randomBytes(2).toString('hex'));
}

/** Creates the run's folder with its plan, completely or not at all. Throws O8Error `disk_full`. */
export async function createRun(home: RunHome, plan: Plan): Promise<void> {
  const { runsDir } = homePaths(home);
  const { dir } = runPaths(home, plan.runId);
  await assertInside(dirname(home.folder), runsDir);
  await makePrivateFolder(runsDir);
  const unfinished = join(runsDir, `.new-${plan.runId}`);
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await makePrivateFolder(join(unfinished, 'requests'));
    await makePrivateFolder(join(unfinished, 'tasks'));
    await writeFileAtomically(join(unfinished, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
    failpoint('run.create.before');
    await rename(unfinished, dir);
    failpoint('run.create.after');
    await syncFolder(runsDir);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw writeError(error, dir);
  }
}

/** Replaces the run's plan; readers see the old or the new one. */
export async function rewritePlan(home: RunHome, plan: Plan): Promise<void> {
  await writeFileAtomically(runPaths(home, plan.runId).plan, `${JSON.stringify(plan, null, 2)}\n`);
}

/** Throws O8Error `no_run` if there is no run with that id, `journal_damaged` if its plan cannot be read. */
export async function readPlan(home: RunHome, runId: string): Promise<Plan> {
  const plan = await readJson(runPaths(home, runId).plan, planSchema);
  if (plan !== null) return plan;
  throw new O8Error('no_run', `There is no run ${runId}.`, text`${o8('status')} shows the newest run.`);
}

/**
 * Ids of all runs, newest first. Runs are created complete, so a folder without a plan is the rest of a removed run.
 */
export async function listRuns(home: RunHome): Promise<string[]> {
  const entries = await readFolder(homePaths(home).runsDir);
  const ids = entries.filter((entry) => entry.isDirectory() && isFolderName(entry.name)).map((entry) => entry.name);
  return ids.filter((runId) => existsSync(runPaths(home, runId).plan)).sort((a, b) => (a < b ? 1 : -1));
}

/** Removes a run's folder: first from the list, then from the disk. A missing folder is not an error. */
export async function removeRun(home: RunHome, runId: string): Promise<void> {
  const { dir } = runPaths(home, runId);
  const old = join(homePaths(home).runsDir, `.old-${runId}-${randomBytes(4).toString('hex')}`);
  try {
    failpoint('run.remove.before');
    await rename(dir, old);
    failpoint('run.remove.renamed');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw writeError(error, dir);
  }
  await rm(old, { recursive: true, force: true });
  failpoint('run.remove.after');
}

/**
 * Removes all but the newest `keep` runs, except those in `except`, and the remains of killed processes. Returns the
 * removed ids.
 */
export async function removeOldRuns(home: RunHome, keep: number, except: readonly string[]): Promise<string[]> {
  const old = (await listRuns(home)).slice(keep).filter((runId) => !except.includes(runId));
  for (const runId of old) await removeRun(home, runId);
  const { runsDir } = homePaths(home);
  for (const entry of await readFolder(runsDir)) {
    if (UNFINISHED.test(entry.name)) await removeIfAbandoned(join(runsDir, entry.name));
  }
  return old;
}

async function removeIfAbandoned(path: string): Promise<void> {
  try {
    if ((await stat(path)).mtimeMs > Date.now() - ABANDONED_AFTER_MS) return;
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function readFolder(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return []; // another checkout may have files there
    throw error;
  }
}
