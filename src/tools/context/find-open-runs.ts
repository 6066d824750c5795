import { o8, text, withFlags, type Command } from '../../core/base/text.js';
import { optionsError } from '../../core/base/errors.js';
import { sourceOf } from '../../core/plan/sources.js';
import {
  chooseOpenRun,
  orphansText,
  resumeCommand,
  severalRunsError,
  type Choice,
  type OpenRun,
  type Orphans,
} from '../../core/run/open-runs.js';
import { isRunning } from '../../core/run/task-state.js';
import { attemptPaths, type RunHome } from '../../store/files/paths.js';
import { readableRun } from './load-run.js';
import { RunFiles, type LoadedRun } from './run-files.js';
import { placeOfRuns } from './place-of-runs.js';

/**
 * Every unfinished run, newest first. A run with an empty journal is being started, or the process that started it was
 * killed: it counts only while it is the newest.
 */
export async function openRuns(files: RunFiles): Promise<LoadedRun[]> {
  const open: LoadedRun[] = [];
  for (const [index, runId] of (await files.list()).entries()) {
    const run = await readableRun(files, runId);
    if (run === null || run.state.phase.kind === 'finished') continue;
    if (run.records.length > 0 || run.ownerAlive || index === 0) open.push(run);
  }
  return open;
}

/** The run for a command without a run id. Throws `usage` with a list when several runs are interrupted. */
export async function theOpenRun(
  files: RunFiles,
  command: (runId: string) => Command,
): Promise<Exclude<Choice<LoadedRun>, { kind: 'several' }>> {
  const open = await openRuns(files);
  const choice = chooseOpenRun(open.map((run) => ({ run, alive: run.ownerAlive })));
  switch (choice.kind) {
    case 'none':
      return choice;
    case 'one':
      return { kind: 'one', run: choice.run.run, others: choice.others.map(({ run }) => run) };
    case 'several':
      throw severalRunsError(open.map(asOpenRun), command);
  }
}

export function asOpenRun({ plan, state, ownerAlive }: LoadedRun): OpenRun {
  return { runId: plan.runId, plan: sourceOf(plan.source).words(plan.root), state, alive: ownerAlive };
}

/** Agents that still run although their run has no supervisor; of all runs except `except`. */
export async function livingOrphans(home: RunHome, except: string | null): Promise<Orphans[]> {
  const found: Orphans[] = [];
  for (const run of await openRuns(new RunFiles(home))) {
    if (run.ownerAlive || run.plan.runId === except) continue;
    const agents = await livingAgents(home, run);
    if (agents.length > 0) found.push({ runId: run.plan.runId, agents });
  }
  return found;
}

async function livingAgents(home: RunHome, { plan, state }: LoadedRun): Promise<Orphans['agents'][number][]> {
  const living: { task: string; pid: number }[] = [];
  for (const { id, attempt, state: task } of state.tasks.values()) {
    if (!isRunning(task)) continue;
    const status = await placeOfRuns.status({
      attemptId: task.attemptId,
      dir: attemptPaths(home, plan.runId, id, attempt).dir,
    });
    if (status.kind !== 'running' && status.kind !== 'starting') continue;
    if (status.pid !== null) living.push({ task: id, pid: status.pid });
  }
  return living;
}

/** Throws `locked` while agents of another run are running. `again`: the command to which `--force` can be added. */
export function refuseOrphans(orphans: readonly Orphans[], again: Command): void {
  const [first] = orphans;
  if (first === undefined) return;
  throw optionsError('locked', orphansText(first), [
    text`Continue that run: ${resumeCommand(first.runId)}`,
    text`Stop its agents: ${o8('abort', { run: first.runId })}`,
    text`Force override: ${withFlags(again, { force: true })}`,
  ]);
}
