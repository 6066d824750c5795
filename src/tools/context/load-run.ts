import { o8 } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import type { Plan } from '../../core/plan/plan.js';
import { covers, keyOf, type SourceKey } from '../../core/plan/sources.js';
import { planWord } from './nearest-plans.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { readLock } from '../../store/lock/lock-state.js';
import type { RunHome } from '../../store/files/paths.js';
import { RunFiles, type LoadedRun } from './run-files.js';

/** Reads one run. A caller that needs more of the same files uses `RunFiles`. */
export async function loadRun(home: RunHome, runId: string): Promise<LoadedRun> {
  return new RunFiles(home).load(runId);
}

/** Whether a running supervisor owns this run. */
export async function ownsRun(home: RunHome, runId: string): Promise<boolean> {
  const lock = await readLock(home, processProbe);
  return lock.kind === 'held' && lock.holder.runId === runId;
}

/** The run that an input names: by its id, or as the newest run of an epic. Undefined if it names none. */
export async function namedRun(
  home: RunHome,
  { runId, epic }: { readonly runId?: string | undefined; readonly epic?: string | undefined },
): Promise<string | undefined> {
  const key = keyOf({ epic });
  if (key === null) return runId;
  if (runId !== undefined) throw new O8Error('usage', 'Specify one of runId and epic.', o8('status', { run: runId }));
  const run = await latestRunOf(home, key);
  if (run !== null) return run.plan.runId;
  throw new O8Error(
    'no_run',
    `There is no run of epic ${epic ?? ''} in this repository.`,
    o8('run', [], { epic, dryRun: true }),
  );
}

/** The run with this id, else the active one, else the newest; null when the repository has no run. */
export async function findRun(files: RunFiles, runId: string | undefined): Promise<string | null> {
  const runs = await files.list();
  if (runId !== undefined) {
    if (runs.includes(runId)) return runId;
    const known = runs.length === 0 ? 'no runs yet' : `runs: ${runs.slice(0, 5).join(', ')}`;
    throw new O8Error('no_run', `There is no run ${runId} in this repository (${known}).`, o8('status'));
  }
  const lock = await files.lock();
  if (lock.kind === 'held' && runs.includes(lock.holder.runId)) return lock.holder.runId;
  return runs[0] ?? null;
}

export async function requireRun(home: RunHome, runId: string | undefined): Promise<LoadedRun> {
  const files = new RunFiles(home);
  const found = await findRun(files, runId);
  if (found === null)
    throw new O8Error('no_run', 'There is no run in this repository yet.', o8('run', [await planWord(home.root)]));
  return files.load(found);
}

/** The newest run that includes everything in `wanted`, in any state. */
export async function latestRunOf(home: RunHome, wanted: SourceKey): Promise<LoadedRun | null> {
  const files = new RunFiles(home);
  for (const runId of await files.list()) {
    const run = await runIfBegun(files, runId, wanted);
    if (run !== null) return run;
  }
  return null;
}

/**
 * The run to continue for `wanted`: an unfinished one, else the newest. With `resume` also a run with an empty journal,
 * whose start was interrupted.
 */
export async function runToContinue(home: RunHome, wanted: SourceKey, resume: boolean): Promise<LoadedRun | null> {
  let newest: LoadedRun | null = null;
  const files = new RunFiles(home);
  for (const [index, runId] of (await files.list()).entries()) {
    const run = await runIfBegun(files, runId, wanted, resume && index === 0 ? 'or_only_made' : 'begun');
    if (run !== null && run.state.phase.kind !== 'finished') return run;
    newest ??= run;
  }
  return newest;
}

/**
 * Null for a run of another plan, and for one with an empty journal: it is just being started, or removed because its
 * supervisor did not get the lock.
 */
async function runIfBegun(
  files: RunFiles,
  runId: string,
  wanted: SourceKey,
  which: 'begun' | 'or_only_made' = 'begun',
): Promise<LoadedRun | null> {
  try {
    const plan = await files.plan(runId);
    if (!covers(plan.source, wanted)) return null;
    const run = await files.load(runId);
    return run.records.length === 0 && !run.ownerAlive && which === 'begun' ? null : run;
  } catch (error) {
    if (error instanceof O8Error && error.code === 'no_run') return null;
    throw error;
  }
}

/** A task of the run by id or stem. */
export function requireTask(plan: Plan, name: string): string {
  const task = plan.tasks.find(({ id, stem }) => id === name || stem === name);
  if (task !== undefined) return task.id;
  const known = plan.tasks.map(({ id }) => id).join(', ');
  throw new O8Error(
    'unknown_task',
    `Run ${plan.runId} has no task '${name}' (its tasks: ${known}).`,
    o8('status', { run: plan.runId }),
  );
}

/** Null for a run with damaged files, which `o8 doctor` reports: other runs must stay usable. */
export async function readableRun(files: RunFiles, runId: string): Promise<LoadedRun | null> {
  try {
    return await files.load(runId);
  } catch (error) {
    if (error instanceof O8Error) return null;
    throw error;
  }
}
