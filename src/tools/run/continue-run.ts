import { o8, text, withFlags, type Command, type Text } from '../../core/base/text.js';
import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { O8Error } from '../../core/base/errors.js';
import {
  includesTask,
  isSameSource,
  keyFrom,
  runCommand,
  sourceKey,
  sourceOf,
  type SourceKey,
} from '../../core/plan/sources.js';
import type { Plan } from '../../core/plan/plan.js';
import { someOf } from '../../core/base/check.js';
import { countsText, resumeCommand, resumption, tasksToPrepare } from '../../core/run/open-runs.js';
import { taskOf } from '../../core/run/run-state.js';
import { isSettled } from '../../core/run/task-state.js';
import { mergeAgain } from '../../core/held/finding.js';
import { resolveCommand } from '../../core/merge/waiting-work.js';
import type { Repository } from '../../git/door/repository.js';
import type { RunHome } from '../../store/files/paths.js';
import { readTold } from '../../store/runs/beads-told.js';
import { runPaths } from '../../store/files/paths.js';
import { listRuns } from '../../store/runs/runs.js';
import { askSupervisor } from './ask-supervisor.js';
import type { ToolContext } from '../context/define-tool.js';
import { loadRun, requireRun, runToContinue } from '../context/load-run.js';
import { RunFiles, type LoadedRun } from '../context/run-files.js';
import { theOpenRun } from '../context/find-open-runs.js';
import { findChangedCommands } from '../plan/refuse-changed-commands.js';
import { refuseTakenNames } from '../context/taken-names.js';
import { againCommand, selectionWords } from '../context/again-command.js';
import { planWord } from '../context/nearest-plans.js';
import type { Selection } from '../plan/selection.js';
import type { SpawnInput, SpawnResult } from './spawn-input.js';
import { roomWords } from './room-words.js';
import { startSupervisor, type Replacing } from './start-supervisor.js';
import { refuseMoved } from '../context/refuse-moved.js';
import { refuseUntrustedRun } from '../context/run-trust.js';

/** How an earlier run is to be continued. `resume`: also the tasks that an abort stopped. */
export type Wish =
  | { readonly kind: 'go_on' }
  | {
      readonly kind: 'tasks';
      readonly select: readonly string[];
      readonly retry: readonly string[];
      readonly skip: readonly string[];
      readonly resume: boolean;
      readonly text: string;
    };

export type Continuation =
  | { readonly kind: 'fresh'; readonly selection: Selection }
  | { readonly kind: 'nothing'; readonly message: string }
  | { readonly kind: 'continue'; readonly run: LoadedRun; readonly wish: Wish };

/** Continues, also with the tasks that an abort stopped. */
const TAKE_UP: Wish = { kind: 'tasks', select: [], retry: [], skip: [], resume: true, text: '' };

/** Continues without adding tasks. */
const NO_TASKS = { select: [], retry: [], skip: [], resume: false };

const NOTHING_TO_RESUME: Continuation = { kind: 'nothing', message: 'No interrupted run to resume.' };

/**
 * Which earlier run is continued, if any: an interrupted run of the selection always; a finished one for a retry, for
 * another of its waves, or to resume tasks that an abort stopped. `selection` is null when the caller named no plan and
 * means the run `runId` or the only unfinished one. O8Error `no_run` when there is nothing to retry.
 */
export async function findContinuation(
  home: RunHome,
  selection: Selection | null,
  input: SpawnInput,
  { cwd }: ToolContext,
): Promise<Continuation> {
  const wanted = selection === null ? null : keyFrom(selection, await realpath(cwd));
  const run = wanted === null ? await meantRun(home, input) : await runToContinue(home, wanted, input.resume === true);
  if (run === null) {
    // The plan may have been recorded under a path that no longer exists.
    const [newest] = await listRuns(home);
    if (newest !== undefined && (input.resume === true || input.retryFailed === true)) {
      refuseMoved(home, await loadRun(home, newest));
    }
    if (selection === null && input.resume === true) return NOTHING_TO_RESUME;
    if (selection !== null && input.retryFailed !== true && input.resume !== true) return { kind: 'fresh', selection };
    const what = selectionWords(input);
    const first = { ...input, retryFailed: false, resume: false, task: undefined };
    const start = what === null ? o8('run', [await planWord(home.root)]) : againCommand(first);
    throw new O8Error('no_run', `${what ?? 'This repository'} has no earlier run`, start);
  }
  if (input.retryFailed !== true && input.force !== true && (await isQueueBehind(home, run)))
    return { kind: 'continue', run, wish: { kind: 'go_on' } };
  return continuationOf(run, selection, wanted ?? sourceKey(run.plan.source), input);
}

/** The queue of a finished run was not told everything, because it did not answer. */
async function isQueueBehind(home: RunHome, { plan, state }: LoadedRun): Promise<boolean> {
  if (state.phase.kind !== 'finished' || sourceOf(plan.source).queue === null) return false;
  return !(await readTold(runPaths(home, plan.runId).beads)).settled;
}

function continuationOf(
  run: LoadedRun,
  selection: Selection | null,
  wanted: SourceKey,
  input: SpawnInput,
): Continuation {
  const fresh: Continuation = selection === null ? NOTHING_TO_RESUME : { kind: 'fresh', selection };
  const wave = input.wave ?? null;
  const skip = (input.skip ?? []).map((name) => idOf(run.plan, name));
  const unfinished = run.state.phase.kind !== 'finished';
  if (input.retryFailed === true) {
    const failed = input.task === undefined ? failedTasks(run, wave) : [failedTask(run, input.task)];
    const retry = failed.filter((id) => includesTask(wanted, id) && !skip.includes(id));
    if (retry.length > 0 || hasFailedValidation(run)) {
      const text = retryText(run, retry);
      return { kind: 'continue', run, wish: { kind: 'tasks', select: [], retry, skip, resume: false, text } };
    }
    if (!unfinished) return { kind: 'nothing', message: `No failed tasks in run ${run.plan.runId}.` };
  }
  // A run with more features than are named now is not continued in part.
  if (!isSameSource(run.plan.source, wanted)) return fresh;
  const select = wave === null ? [] : otherWave(run, wave).filter((id) => !skip.includes(id));
  const resume = input.resume === true && resumption(run.state) === 'continue_stopped';
  if (unfinished && select.length === 0 && skip.length === 0 && !resume) {
    return { kind: 'continue', run, wish: { kind: 'go_on' } };
  }
  if (unfinished || resume || (input.resume !== true && select.length > 0 && input.force !== true)) {
    const text = wave === null ? '' : waveText(run, wave, select);
    return { kind: 'continue', run, wish: { kind: 'tasks', select, retry: [], skip, resume, text } };
  }
  return input.resume === true ? NOTHING_TO_RESUME : fresh;
}

/** The run for a caller that names no plan: the one with the given id, else the unfinished one, else the newest. */
async function meantRun(home: RunHome, { runId, resume }: SpawnInput): Promise<LoadedRun | null> {
  if (runId !== undefined) return requireRun(home, runId);
  const command = resume === true ? resumeCommand : (id: string) => o8('run', { retryFailed: true, run: id });
  const files = new RunFiles(home);
  const open = await theOpenRun(files, command);
  if (open.kind === 'one') return open.run;
  const [newest] = await files.list();
  return newest === undefined ? null : files.load(newest);
}

function hasFailedValidation({ state }: LoadedRun): boolean {
  return [...state.validations.values()].some(({ kind }) => kind === 'failed');
}

/** Sends the wish to the run's supervisor and starts one when none is running. */
export async function continueRun(work: {
  readonly repo: Repository;
  readonly home: RunHome;
  readonly run: LoadedRun;
  readonly input: SpawnInput;
  readonly context: ToolContext;
  readonly warnings: readonly Text[];
  readonly wish: Wish;
  readonly replacing: Replacing;
}): Promise<SpawnResult> {
  const { repo, home, run, input, context, warnings, replacing } = work;
  const wish = work.wish.kind === 'go_on' && replacesOwner(replacing, run) ? TAKE_UP : work.wish;
  const { runId } = run.plan;
  refuseMoved(home, run);
  await refuseUntrustedRun(run.plan, home, context.env);
  await refuseTakenNames(repo, run, [
    ...tasksToPrepare(run.state),
    ...(wish.kind === 'go_on' ? [] : begunAnew(run, wish)),
  ]);
  const { changes, text: changed } = await findChangedCommands(run.plan, home, context);
  const start = { replacing, again: againCommand(input), makesRoom: run.plan.room !== undefined };
  const said = [...warnings];
  if (wish.kind === 'tasks' || changes !== null) {
    const { select, retry, skip, resume } = wish.kind === 'tasks' ? wish : NO_TASKS;
    const tasks = { select: [...select], retry: [...retry], skip: [...skip], ...(resume ? { resume } : {}) };
    const commands = changes === null ? {} : { commands: changes };
    if (replacing.kind !== 'nobody') said.push(...roomWords(await startSupervisor(home, runId, context.env, start)));
    await askSupervisor(home, runId, { kind: 'continue', id: randomUUID(), ...tasks, ...commands }, context.env);
  } else {
    said.push(...roomWords(await startSupervisor(home, runId, context.env, start)));
    // Resuming ends the user's pause; the pause of a rate limit still ends at its time.
    if (isPausedByUser(run)) await askSupervisor(home, runId, { kind: 'unpause', id: randomUUID() }, context.env);
  }
  const now = await loadRun(home, runId);
  const all = [...said, ...(changed === null ? [] : [changed]), ...foundText(run, wish), ...keptSettings(input)];
  return {
    runId,
    message:
      run.ownerAlive && input.task !== undefined
        ? `${input.task} is retried in run ${runId}.`
        : `Run ${runId} resumed.`,
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
    ...(wish.kind === 'go_on' || wish.text === '' ? {} : { text: wish.text }),
  };
}

/** The supervisor that did not answer left the abort to the next one, but the user wants to continue the run. */
function replacesOwner(replacing: Replacing, { plan }: LoadedRun): boolean {
  return replacing.kind === 'owner' && replacing.runId === plan.runId;
}

/** The tasks for which the wish creates a branch and a worktree. */
function begunAnew({ state }: LoadedRun, { select, retry, resume }: Extract<Wish, { kind: 'tasks' }>): string[] {
  const stopped = resume ? [...state.tasks.values()].filter((task) => task.state.state === 'aborted') : [];
  return [...select, ...retry, ...stopped.map(({ id }) => id)];
}

/** Tells the user that an earlier run is continued instead of a new one. */
function foundText({ plan, state }: LoadedRun, wish: Wish): string[] {
  const counts = countsText(state);
  if (state.phase.kind !== 'finished') return [`Found the interrupted run ${plan.runId}: ${counts}.`];
  if (wish.kind === 'go_on') return [`Run ${plan.runId} has finished; Beads is told what it was not told yet.`];
  return wish.resume ? [`Found the aborted run ${plan.runId}: ${counts}.`] : [];
}

/** A warning for settings that cannot change after the start of the run. */
function keptSettings(input: SpawnInput): string[] {
  const ignored = (
    [
      ['--max-concurrent', input.maxConcurrent],
      ['--schedule', input.schedule],
      ['--merge-into', input.mergeInto],
      ['--budget-usd', input.budgetUsd],
    ] as const
  ).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  return ignored.length === 0 ? [] : [`The run keeps the settings it started with; ignored: ${ignored.join(', ')}.`];
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

/** The task to retry, by id or stem. O8Error `refused` when it did not fail, with the command that fits its state. */
function failedTask({ plan, state }: LoadedRun, name: string): string {
  const id = idOf(plan, name);
  const { state: task } = taskOf(state, id);
  const refused = (why: string, hint: Text): O8Error =>
    new O8Error('refused', `Task ${id} of run ${plan.runId} ${why}.`, hint);
  const status = o8('status', { run: plan.runId, task: id });
  switch (task.state) {
    case 'failed':
    case 'aborted':
      return id;
    case 'blocked':
      throw refused(
        `is blocked by ${task.by.join(', ')}`,
        text`${withFlags(runCommand(plan.source, plan.root), { retryFailed: true })}   (${id} starts when what blocks it is complete)`,
      );
    case 'merge_conflict':
      throw refused('did not fail: it has a merge conflict', resolveCommand(plan.runId, id));
    case 'merge_pending':
      throw refused('did not fail: it waits to be merged', mergeAgain(plan.runId, id));
    case 'skipped':
      throw refused('was left out of the run', withFlags(runCommand(plan.source, plan.root), partFlags(plan, id)));
    case 'complete':
      throw refused('is complete', status);
    case 'queued':
    case 'worktree_created':
    case 'running':
      throw refused(`has not failed: it is ${task.state.replace('_', ' ')}`, status);
  }
}

function partFlags({ source, tasks }: Plan, id: string): Command['flags'] {
  return sourceOf(source).partFlags(tasks.find((task) => task.id === id));
}

/** Tasks of a wave that the run left out. Those that an earlier run landed run again, since the wave was named. */
function otherWave({ plan, state }: LoadedRun, wave: number): string[] {
  return plan.tasks
    .filter((task) => task.wave === wave)
    .filter(({ id }) => {
      const { state: task } = taskOf(state, id);
      return task.state === 'skipped' && (task.landed === null || task.why === 'other_wave');
    })
    .map(({ id }) => id);
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

/** The dependency check for a wave of an existing run. O8Error `refused` when a dependency is missing. */
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
    const command = runCommand(plan.source, plan.root);
    const waves = new Set(plan.tasks.filter(({ id }) => missing.includes(id)).map((task) => task.wave));
    const failed = missing.some((id) => taskOf(state, id).state.state !== 'skipped');
    throw new O8Error(
      'refused',
      text,
      withFlags(command, failed ? { retryFailed: true } : { wave: Math.min(...waves) }),
    );
  }
  return [...lines, '', `All dependencies satisfied. Proceeding with Wave ${String(wave)}.`].join('\n');
}

function idOf(plan: Plan, name: string): string {
  const task = plan.tasks.find(({ id, stem }) => id === name || stem === name);
  if (task !== undefined) return task.id;
  throw new O8Error(
    'unknown_task',
    `Run ${plan.runId} has no task '${name}'.`,
    `its tasks: ${someOf(
      plan.tasks.map(({ id }) => id),
      10,
    )}`,
  );
}
