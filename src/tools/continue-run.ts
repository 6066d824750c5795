import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { O8Error } from '../core/errors.js';
import { isSameSource, type SourceKey } from '../core/plan-source.js';
import type { Plan } from '../core/plan.js';
import { taskOf } from '../core/run-state.js';
import { isSettled } from '../core/task-state.js';
import { askSupervisor } from './ask-supervisor.js';
import type { ToolContext } from './define-tool.js';
import { latestRunOf, loadRun, type LoadedRun } from './load-run.js';
import { againCommand, selectionWords, type Selection } from './selection.js';
import type { SpawnInput, SpawnResult } from './spawn.js';
import { startSupervisor, type Force } from './start-supervisor.js';

/** What of an earlier run is wanted. */
export type Wish =
  | { readonly kind: 'resume' }
  | {
      readonly kind: 'tasks';
      readonly select: readonly string[];
      readonly retry: readonly string[];
      readonly skip: readonly string[];
      readonly text: string;
    };

export type Continuation =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'nothing'; readonly message: string }
  | { readonly kind: 'continue'; readonly run: LoadedRun; readonly wish: Wish };

/**
 * Does this selection go on with the newest run of its folder? An interrupted run always does; a finished one when a
 * retry or another of its waves is asked for. O8Error `no_run` where there is nothing to retry or resume.
 */
export async function findContinuation(
  root: string,
  selection: Selection,
  input: SpawnInput,
  { cwd }: ToolContext,
): Promise<Continuation> {
  const wanted = await keyOf(selection, cwd);
  const run = await latestRunOf(root, wanted);
  if (run === null) {
    if (input.retryFailed !== true && input.resume !== true) return { kind: 'fresh' };
    throw new O8Error('no_run', `${selectionWords(input) ?? ''} has no earlier run`, againCommand(input));
  }
  const skip = selection.skip.map((name) => idOf(run.plan, name));
  const unfinished = run.state.phase.kind !== 'finished';
  if (input.retryFailed === true) {
    const retry = failedTasks(run, selection.wave).filter((id) => isWanted(wanted, id) && !skip.includes(id));
    if (retry.length > 0 || hasFailedValidation(run)) {
      return { kind: 'continue', run, wish: { kind: 'tasks', select: [], retry, skip, text: retryText(run, retry) } };
    }
    if (!unfinished) return { kind: 'nothing', message: `No failed tasks in run ${run.plan.runId}.` };
  }
  // A run of more features than are wanted now goes on as a whole, or not at all.
  if (!isSameSource(run.plan.source, wanted)) return { kind: 'fresh' };
  const select = selection.wave === null ? [] : otherWave(run, selection.wave).filter((id) => !skip.includes(id));
  if (unfinished) {
    if (select.length === 0 && skip.length === 0) return { kind: 'continue', run, wish: { kind: 'resume' } };
    const text = selection.wave === null ? '' : waveText(run, selection.wave, select);
    return { kind: 'continue', run, wish: { kind: 'tasks', select, retry: [], skip, text } };
  }
  if (input.resume === true) return { kind: 'nothing', message: 'No interrupted run to resume.' };
  if (selection.wave !== null && select.length > 0 && input.force !== true && !hasLanded(run)) {
    const text = waveText(run, selection.wave, select);
    return { kind: 'continue', run, wish: { kind: 'tasks', select, retry: [], skip, text } };
  }
  return { kind: 'fresh' };
}

async function keyOf(selection: Selection, cwd: string): Promise<SourceKey> {
  switch (selection.kind) {
    case 'manifest':
      return { kind: 'manifest', dir: resolve(await realpath(cwd), selection.dir) };
    case 'features':
      return { kind: 'features', slugs: selection.slugs };
  }
}

function isWanted(wanted: SourceKey, task: string): boolean {
  return wanted.kind === 'manifest' || wanted.slugs.includes(task);
}

function hasFailedValidation({ state }: LoadedRun): boolean {
  return [...state.validations.values()].some(({ kind }) => kind === 'failed');
}

/** Puts the wish into the run and makes sure that somebody alive works on it. */
export async function continueRun(work: {
  readonly root: string;
  readonly run: LoadedRun;
  readonly input: SpawnInput;
  readonly context: ToolContext;
  readonly warnings: readonly string[];
  readonly wish: Wish;
  readonly force: Force;
}): Promise<SpawnResult> {
  const { root, run, input, context, warnings, wish, force } = work;
  const { runId } = run.plan;
  if (wish.kind === 'tasks') {
    const { select, retry, skip } = wish;
    await askSupervisor(
      root,
      runId,
      { kind: 'continue', id: randomUUID(), select: [...select], retry: [...retry], skip: [...skip] },
      context.env,
    );
  } else {
    await startSupervisor(root, runId, context.env, force, againCommand(input));
    // To resume is to go on; a limit's pause still ends at its time.
    if (isPausedByUser(run)) await askSupervisor(root, runId, { kind: 'unpause', id: randomUUID() }, context.env);
  }
  const now = await loadRun(root, runId);
  const found = run.state.phase.kind !== 'finished' ? [`Found the interrupted run ${runId}: ${summary(run)}.`] : [];
  const all = [...warnings, ...found];
  return {
    runId,
    message: `Run ${runId} goes on.`,
    ...(now.ownerPid === null ? {} : { supervisor: { pid: now.ownerPid } }),
    cursor: run.state.seq,
    continued: true,
    ...(all.length === 0 ? {} : { warnings: all }),
    tasks: now.plan.tasks.map(({ id, wave, branch }) => ({
      id,
      wave,
      state: taskOf(now.state, id).state.state,
      branch,
    })),
    ...(wish.kind === 'resume' || wish.text === '' ? {} : { text: wish.text }),
  };
}

function isPausedByUser({ state: { phase } }: LoadedRun): boolean {
  return phase.kind === 'paused' && phase.until === null;
}

function failedTasks({ plan, state }: LoadedRun, wave: number | null): string[] {
  return plan.tasks
    .filter((task) => wave === null || task.wave === wave)
    .filter(({ id }) => ['failed', 'aborted'].includes(taskOf(state, id).state.state))
    .map(({ id }) => id);
}

function otherWave({ plan, state }: LoadedRun, wave: number): string[] {
  return plan.tasks
    .filter((task) => task.wave === wave)
    .filter(({ id }) => {
      const { state: task } = taskOf(state, id);
      return task.state === 'skipped' && task.landed === null;
    })
    .map(({ id }) => id);
}

/** Everything that is complete is on the base branch, and nothing waits. */
function hasLanded({ plan, state }: LoadedRun): boolean {
  return (
    state.landed !== null &&
    plan.tasks.every(({ id }) => ['complete', 'skipped'].includes(taskOf(state, id).state.state))
  );
}

function retryText({ plan, state }: LoadedRun, retry: readonly string[]): string {
  const lines = plan.tasks
    .filter(({ id }) => retry.includes(id))
    .map(({ id, stem }) => {
      const { state: task } = taskOf(state, id);
      return `  - ${stem} (error: ${task.state === 'failed' ? task.reason : task.state})`;
    });
  return [
    '=== Retrying Failed Tasks ===',
    '',
    'Failed tasks from previous run:',
    ...lines,
    '',
    'Creating worktree for retry...',
    'Launching agent...',
  ].join('\n');
}

/** The seed's dependency check, answered by the run itself. Throws `refused` when something it needs is not done. */
function waveText({ plan, state }: LoadedRun, wave: number, select: readonly string[]): string {
  const needed = new Set(plan.tasks.filter(({ id }) => select.includes(id)).flatMap(({ deps }) => deps));
  const lines = [`=== Running Wave ${String(wave)} Only ===`];
  const missing: string[] = [];
  for (const earlier of plan.waves.filter(({ number }) => number < wave)) {
    const tasks = plan.tasks.filter(({ id }) => earlier.tasks.includes(id) && needed.has(id));
    if (tasks.length === 0) continue;
    lines.push('', `Checking Wave ${String(earlier.number)} dependencies...`);
    for (const { id, branch } of tasks) {
      const { state: task } = taskOf(state, id);
      const exists =
        task.state === 'complete' || (task.state === 'skipped' && task.landed !== null) || !isSettled(task);
      if (!exists) missing.push(id);
      lines.push(`  ${branch}: ${exists ? 'EXISTS' : `MISSING (${task.state})`}`);
    }
  }
  if (missing.length > 0) {
    const text = `${lines.join('\n')}\n\nDependencies of wave ${String(wave)} are missing: ${missing.join(', ')}.`;
    throw new O8Error('refused', text, 'o8 run <parallel-dir> --retry-failed, or the earlier wave first');
  }
  return [...lines, '', `All dependencies satisfied. Proceeding with Wave ${String(wave)}.`].join('\n');
}

function summary({ plan, state }: LoadedRun): string {
  const counts = new Map<string, number>();
  for (const { id } of plan.tasks) {
    const name = taskOf(state, id).state.state;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${String(count)} ${name}`).join(', ');
}

function idOf(plan: Plan, name: string): string {
  const task = plan.tasks.find(({ id, stem }) => id === name || stem === name);
  if (task !== undefined) return task.id;
  throw new O8Error(
    'unknown_task',
    `run ${plan.runId} has no task '${name}'`,
    `its tasks: ${plan.tasks.map(({ id }) => id).join(', ')}`,
  );
}
