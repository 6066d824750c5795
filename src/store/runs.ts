import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { O8Error } from '../core/errors.js';
import { failpoint } from '../core/failpoint.js';
import { planSchema, type Plan } from '../core/plan.js';
import { nextRunId } from '../core/run-id.js';
import { makePrivateFolder, readJson, syncFolder, writeFileAtomically } from './atomic-file.js';
import { assertInside } from './inside-repository.js';
import { isFolderName, repositoryPaths, runPaths } from './paths.js';
import { systemCode, writeError } from './system-error.js';

/** A run being made or being removed: never listed, and after this long (ms) left by a process that was killed. */
const UNFINISHED = /^\.(?:new|old)-/;
const ABANDONED_AFTER_MS = 3_600_000;

/** For a run that begins now: sorts after every run there is; a random ending tells two that begin at once apart. */
export async function newRunId(root: string, now: Date): Promise<string> {
  const [newest = null] = await listRuns(root);
  return nextRunId(now, newest, randomBytes(2).toString('hex'));
}

/** Makes the run's folder with its plan, whole or not at all. Throws O8Error `disk_full`. */
export async function createRun(root: string, plan: Plan): Promise<void> {
  const { runsDir } = repositoryPaths(root);
  const { dir } = runPaths(root, plan.runId);
  await assertInside(root, runsDir);
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

/** Puts a changed plan in the place of the run's own; readers see one or the other. */
export async function rewritePlan(root: string, plan: Plan): Promise<void> {
  await writeFileAtomically(runPaths(root, plan.runId).plan, `${JSON.stringify(plan, null, 2)}\n`);
}

/** Throws O8Error `no_run` when there is none of that id, `journal_damaged` when its plan cannot be read. */
export async function readPlan(root: string, runId: string): Promise<Plan> {
  const plan = await readJson(runPaths(root, runId).plan, planSchema);
  if (plan !== null) return plan;
  throw new O8Error('no_run', `There is no run ${runId}.`, 'o8 status shows the newest run.');
}

/** Ids of all runs, newest first. A run is made whole: a folder without a plan is what is left of one, and none. */
export async function listRuns(root: string): Promise<string[]> {
  const entries = await readFolder(repositoryPaths(root).runsDir);
  const ids = entries.filter((entry) => entry.isDirectory() && isFolderName(entry.name)).map((entry) => entry.name);
  return ids.filter((runId) => existsSync(runPaths(root, runId).plan)).sort((a, b) => (a < b ? 1 : -1));
}

/** Removes a run's folder: out of the list at once, then from the disk. Nothing there is fine. */
export async function removeRun(root: string, runId: string): Promise<void> {
  const { dir } = runPaths(root, runId);
  const old = join(repositoryPaths(root).runsDir, `.old-${runId}-${randomBytes(4).toString('hex')}`);
  try {
    failpoint('run.remove.before');
    await rename(dir, old);
    failpoint('run.remove.renamed');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw writeError(error, dir);
  }
  await rm(old, { recursive: true, force: true });
  failpoint('run.remove.after');
}

/** Removes all but the newest `keep` runs, never one of `except`, and what killed processes left. Returns their ids. */
export async function removeOldRuns(root: string, keep: number, except: readonly string[]): Promise<string[]> {
  const old = (await listRuns(root)).slice(keep).filter((runId) => !except.includes(runId));
  for (const runId of old) await removeRun(root, runId);
  const { runsDir } = repositoryPaths(root);
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
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

async function readFolder(path: string) {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return []; // another checkout may have files there
    throw error;
  }
}
