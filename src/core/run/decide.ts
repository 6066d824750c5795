import { mergeHeld } from './merge-held.js';
import { attemptBudget } from './budget.js';
import type { RunEvent } from './events.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import { stackedOn } from './stacked-on.js';
import { isAtRest, isPublished, taskOf, type FinishedState, type RunState, type TaskRecord } from './run-state.js';
import { startOrder } from '../plan/schedule.js';
import { isInMergeQueue, isSettled, mergedCommit } from './task-state.js';
import { mergeAgain } from '../held/finding.js';
import { mostWorktrees, passingWorktrees, worktreesText } from './worktree-limit.js';

/** The observed state of a task's agent. */
export type AgentFact =
  | { readonly kind: 'starting' }
  /** `unattendedMs`: its running time if no shim is left to stop it at its time limit; null if there is one. */
  | {
      readonly kind: 'running';
      readonly quietMs: number;
      /** Time since its final result, if nothing of its session followed; null while it works. */
      readonly finishedMs: number | null;
      /** A tool ran without o8's write guard. */
      readonly unguarded: boolean;
      readonly unattendedMs: number | null;
      readonly outputMB: number;
    }
  /** Ended or disappeared; `settle` determines which. */
  | { readonly kind: 'over' };

export interface Facts {
  readonly now: Date;
  /** Tasks that a job is working on (prepare, start, settle, stop, merge). */
  readonly busyTasks: ReadonlySet<string>;
  readonly merging: boolean;
  /** How many branches may be merged together: 1 after merging several together failed unexpectedly. */
  readonly mergesAtOnce: number;
  readonly validating: boolean;
  readonly agents: ReadonlyMap<string, AgentFact>;
  /** Tasks whose `setup` may have left processes running. */
  readonly withSetupProcesses: ReadonlySet<string>;
  /** Merged tasks whose worktree has to be removed; not those whose worktree was found to hold work and stays. */
  readonly untidy: ReadonlySet<string>;
  /** Whether the run's source may have further tasks that have not been read yet. */
  readonly moreTasks: boolean;
  /** Why no new agents may start on this machine now (disk, memory), null if they may. */
  readonly holdBack: string | null;
}

export type Action =
  | { readonly kind: 'record'; readonly event: RunEvent }
  | { readonly kind: 'prepare' | 'start' | 'settle' | 'tidy' | 'end_setup'; readonly task: string }
  /** In the order in which they finished. */
  | { readonly kind: 'merge'; readonly tasks: readonly string[] }
  | {
      readonly kind: 'stop';
      readonly task: string;
      readonly why: 'aborted' | 'unguarded' | 'finished' | 'stalled' | 'timeout' | 'output';
    }
  | { readonly kind: 'validate'; readonly wave: number }
  | { readonly kind: 'finish'; readonly state: FinishedState };

/** A long Claude session writes about 50 MB; an agent in a loop could fill the disk. Its output is kept. */
export const MOST_OUTPUT_MB = 512;

/**
 * Claude Code exits half a second after its result, or after five seconds if it has background shells to end. If it has
 * not exited by then, it never will, because a child process keeps it or its output open.
 */
export const RESULT_GRACE_MS = 30_000;

/** The next actions. A pure function: the supervisor carries the actions out and records the results. */
export function decide(plan: Plan, state: RunState, facts: Facts): readonly Action[] {
  const tasks = plan.tasks.map((task) => ({ task, record: taskOf(state, task.id) }));
  switch (state.phase.kind) {
    case 'finished':
      return [];
    case 'aborting':
      return decideAborting(plan.runId, tasks, facts);
    case 'paused':
      if (state.phase.until !== null && facts.now >= new Date(state.phase.until)) {
        return [{ kind: 'record', event: { type: 'run_resumed' } }];
      }
      return nextActions(plan, state, tasks, facts, []); // a pause only prevents new agents
    case 'running':
      return nextActions(plan, state, tasks, facts, startAgents(plan, state, tasks, facts));
  }
}

function nextActions(
  plan: Plan,
  state: RunState,
  tasks: readonly Entry[],
  facts: Facts,
  starts: readonly Action[],
): readonly Action[] {
  const changes = blockTasks(plan, state, tasks, facts);
  // An unblocked task delays the validation of its wave, so these changes are recorded before barriers are checked.
  const next = changes.length > 0 ? changes : [...nextValidation(plan, state, tasks, facts), ...starts];
  const actions = [
    ...settleAgents(plan, tasks, facts),
    ...nextMerge(plan, tasks, facts),
    ...endSetups(tasks, facts),
    ...next,
    ...tidyMerged(tasks, facts),
  ];
  return actions.length > 0 ? actions : finishWhenSettled(plan, state, tasks, facts);
}

interface Entry {
  readonly task: PlannedTask;
  readonly record: TaskRecord;
}

function settleAgents(plan: Plan, tasks: readonly Entry[], facts: Facts): Action[] {
  const stallMs = plan.settings.stallTimeout * 60_000;
  return tasks.flatMap(({ task, record }): Action[] => {
    if (record.state.state !== 'running' || facts.busyTasks.has(task.id)) return [];
    const agent = facts.agents.get(task.id);
    if (agent === undefined) return [];
    switch (agent.kind) {
      case 'starting':
        return [];
      case 'over':
        return [{ kind: 'settle', task: task.id }];
      case 'running':
        if (agent.unattendedMs !== null && agent.unattendedMs > task.timeoutMinutes * 60_000) {
          return [{ kind: 'stop', task: task.id, why: 'timeout' }];
        }
        if (agent.unguarded) return [{ kind: 'stop', task: task.id, why: 'unguarded' }];
        if (agent.finishedMs !== null && agent.finishedMs > RESULT_GRACE_MS) {
          return [{ kind: 'stop', task: task.id, why: 'finished' }];
        }
        if (agent.outputMB > MOST_OUTPUT_MB) return [{ kind: 'stop', task: task.id, why: 'output' }];
        return stallMs > 0 && agent.quietMs > stallMs ? [{ kind: 'stop', task: task.id, why: 'stalled' }] : [];
    }
  });
}

/** Processes that `setup` started may be needed by all attempts of a task and by its merge. */
function endSetups(tasks: readonly Entry[], facts: Facts): Action[] {
  return tasks.flatMap(({ task, record }): Action[] =>
    facts.withSetupProcesses.has(task.id) &&
    isSettled(record.state) &&
    !facts.busyTasks.has(task.id) &&
    !facts.untidy.has(task.id) // then it belongs to tidying
      ? [{ kind: 'end_setup', task: task.id }]
      : [],
  );
}

/** More at the same time would take the processor from agents that start and branches that merge. */
const MOST_TIDIED_AT_ONCE = 2;

function tidyMerged(tasks: readonly Entry[], { untidy, busyTasks }: Facts): Action[] {
  const ids = tasks.flatMap(({ task }) => (untidy.has(task.id) ? [task.id] : []));
  const free = Math.max(0, MOST_TIDIED_AT_ONCE - ids.filter((id) => busyTasks.has(id)).length);
  return ids
    .filter((id) => !busyTasks.has(id))
    .slice(0, free)
    .map((task) => ({ kind: 'tidy', task }));
}

/** Merges in the order in which tasks finished; several waiting tasks are verified together. */
function nextMerge(plan: Plan, tasks: readonly Entry[], facts: Facts): Action[] {
  if (facts.merging) return [];
  // Work merged while its wave is being validated would count as validated, although the validated commit lacks it.
  const closed = new Set(
    facts.validating ? plan.waves.flatMap((wave) => (wave.validation === null ? [] : wave.tasks)) : [],
  );
  const waiting = tasks.flatMap(({ task, record }) =>
    isInMergeQueue(record.state) && !isPublished(record) && !facts.busyTasks.has(task.id) && !closed.has(task.id)
      ? [{ id: task.id, doneSeq: record.state.doneSeq }]
      : [],
  );
  waiting.sort((a, b) => a.doneSeq - b.doneSeq);
  const first = waiting.slice(0, facts.mergesAtOnce).map(({ id }) => id);
  return first.length === 0 ? [] : [{ kind: 'merge', tasks: first }];
}

function blockTasks(plan: Plan, state: RunState, tasks: readonly Entry[], facts: Facts): Action[] {
  return tasks.flatMap(({ task, record }): Action[] => {
    const { state: current } = record;
    if (current.state !== 'queued' && current.state !== 'blocked') return [];
    if (facts.busyTasks.has(task.id)) return [];
    const by = blockers(plan, state, task);
    if (by.length > 0) {
      if (current.state === 'blocked' && sameNames(current.by, by)) return [];
      return [{ kind: 'record', event: { type: 'task_blocked', task: task.id, by } }];
    }
    if (current.state === 'blocked') {
      const event: RunEvent = { type: 'task_requeued', task: task.id, why: 'unblocked', next: { kind: 'fresh' } };
      return [{ kind: 'record', event }];
    }
    return [];
  });
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

/** What prevents a task from ever starting unless a person acts: task ids, or `wave N` whose validation failed. */
export function blockers(plan: Plan, state: RunState, task: PlannedTask): string[] {
  const failedWaves = plan.waves
    .filter(({ number }) => number < task.wave && state.validations.get(number)?.kind === 'failed')
    .map(({ number }) => `wave ${String(number)}`);
  const deps = task.deps.filter((dep) => {
    const { state: needed } = taskOf(state, dep);
    return isSettled(needed) && mergedCommit(needed) === null;
  });
  return [...failedWaves, ...deps];
}

function isReady(plan: Plan, state: RunState, { task, record }: Entry, now: Date): boolean {
  const { state: current } = record;
  if (current.state !== 'queued' && current.state !== 'worktree_created') return false;
  if (current.notBefore !== null && now < new Date(current.notBefore)) return false;
  return (
    current.state === 'worktree_created' || (depsMet(plan, state, task) && openBarrier(plan, state, task) === null)
  );
}

function depsMet(plan: Plan, state: RunState, task: PlannedTask): boolean {
  return (
    task.deps.every((dep) => mergedCommit(taskOf(state, dep).state) !== null) || stackedOn(plan, state, task) !== null
  );
}

/**
 * The first wave that holds the task back, null if none does. A wave with a validation is a barrier: later waves wait
 * until it has passed; `--schedule waves` makes every wave a barrier.
 */
export function openBarrier(plan: Plan, state: RunState, task: PlannedTask): number | null {
  const open = plan.waves
    .filter(({ number }) => number < task.wave)
    .find((wave) => {
      const isSettledWave = (): boolean => wave.tasks.every((id) => isSettled(taskOf(state, id).state));
      if (wave.validation === null) return plan.settings.schedule !== 'deps' && !isSettledWave();
      return waveNeedsValidation(state, wave.tasks)
        ? state.validations.get(wave.number)?.kind !== 'passed'
        : !isSettledWave();
    });
  return open?.number ?? null;
}

/** There is nothing to validate if none of the wave's tasks is merged, or this run left the wave out. */
function waveNeedsValidation(state: RunState, ids: readonly string[]): boolean {
  const states = ids.map((id) => taskOf(state, id).state);
  return !states.every((task) => isSettled(task) && task.state !== 'complete');
}

function nextValidation(plan: Plan, state: RunState, tasks: readonly Entry[], facts: Facts): Action[] {
  if (facts.validating || facts.merging) return [];
  for (const wave of plan.waves) {
    if (wave.validation === null || state.validations.has(wave.number)) continue;
    const members = tasks.filter(({ task }) => task.wave === wave.number);
    if (!members.every(({ record }) => isSettled(record.state))) continue;
    if (members.some(({ record }) => record.state.state === 'complete'))
      return [{ kind: 'validate', wave: wave.number }];
  }
  return [];
}

function startAgents(plan: Plan, state: RunState, tasks: readonly Entry[], facts: Facts): Action[] {
  if (facts.holdBack !== null) return [];
  const active = tasks.filter(
    ({ task, record }) =>
      record.state.state === 'running' ||
      (facts.busyTasks.has(task.id) && (record.state.state === 'queued' || record.state.state === 'worktree_created')),
  ).length;
  const order = new Map(startOrder(plan).map((id, index) => [id, index]));
  const rank = (entry: Entry): number =>
    (entry.record.state.state === 'worktree_created' ? 0 : plan.tasks.length) + (order.get(entry.task.id) ?? 0);
  return tasks
    .filter((entry) => !facts.busyTasks.has(entry.task.id) && isReady(plan, state, entry, facts.now))
    .filter(({ task, record }) => record.state.state === 'queued' || attemptBudget(plan, state, task).kind !== 'wait')
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, Math.max(0, plan.settings.maxConcurrency - active))
    .filter(oneStartAtATime(plan, tasks, facts))
    .filter(withinWorktrees(plan, tasks, facts))
    .map(({ task, record }) => ({ kind: record.state.state === 'queued' ? 'prepare' : 'start', task: task.id }));
}

/** Each new worktree takes one of those that are free. */
function withinWorktrees(plan: Plan, tasks: readonly Entry[], facts: Facts): (entry: Entry) => boolean {
  let free = mostWorktrees(plan) - passingWorktrees(tasks, facts);
  return ({ record }) => record.state.state !== 'queued' || (free -= 1) >= 0;
}

/** Why tasks that are ready do not start although agents may; null if nothing prevents it. */
export function waitsForWorktrees(plan: Plan, state: RunState, facts: Facts): string | null {
  if (state.phase.kind !== 'running') return null;
  const tasks = plan.tasks.map((task) => ({ task, record: taskOf(state, task.id) }));
  const used = passingWorktrees(tasks, facts);
  const waits = (entry: Entry): boolean =>
    entry.record.state.state === 'queued' &&
    !facts.busyTasks.has(entry.task.id) &&
    isReady(plan, state, entry, facts.now);
  return used >= mostWorktrees(plan) && tasks.some(waits) ? worktreesText(used) : null;
}

/** Two agents started at the same time would both reserve the same part of the run's budget. */
function oneStartAtATime(plan: Plan, tasks: readonly Entry[], facts: Facts): (entry: Entry) => boolean {
  if (plan.settings.budget.runUsd === null) return () => true;
  let starting = tasks.some(
    ({ task, record }) => record.state.state === 'worktree_created' && facts.busyTasks.has(task.id),
  );
  return ({ record }) => {
    if (record.state.state === 'queued') return true;
    const mayStart = !starting;
    starting = true;
    return mayStart;
  };
}

function finishWhenSettled(plan: Plan, state: RunState, tasks: readonly Entry[], facts: Facts): Action[] {
  if (facts.busyTasks.size > 0 || facts.merging || facts.validating) return [];
  if (facts.moreTasks) return [];
  const waitsForForge = plan.settings.pr.merge === 'auto'; // o8 merges the pull requests itself
  if (!tasks.every(({ record }) => (waitsForForge ? isSettled(record.state) : isAtRest(record)))) return [];
  return [{ kind: 'finish', state: finalState(plan, state) }];
}

/** `completed` if every task is complete, left out or in an open pull request, and every validation passed. */
export function finalState(plan: Plan, state: RunState): FinishedState {
  if (state.stoppedByUser) return 'aborted';
  const good = plan.tasks.every(({ id }) => {
    const record = taskOf(state, id);
    return (isPublished(record) && !isSettled(record.state)) || ['complete', 'skipped'].includes(record.state.state);
  });
  const valid = [...state.validations.values()].every(({ kind }) => kind === 'passed');
  return good && valid ? 'completed' : 'failed';
}

/** Finished work is kept and waits for `merge`. Everything else is stopped. */
function decideAborting(runId: string, tasks: readonly Entry[], facts: Facts): readonly Action[] {
  const stops = tasks.flatMap(({ task, record }): Action[] => {
    if (facts.busyTasks.has(task.id)) return [];
    switch (record.state.state) {
      case 'running':
        return [{ kind: 'stop', task: task.id, why: 'aborted' }];
      case 'queued':
      case 'worktree_created':
      case 'blocked':
        return [{ kind: 'record', event: { type: 'task_aborted', task: task.id } }];
      case 'merge_pending':
        // The merge job in progress handles its own tasks.
        if (record.state.hold !== null || facts.merging || isPublished(record)) return [];
        return [
          {
            kind: 'record',
            event: mergeHeld(task.id, 'the run was aborted before it was merged', mergeAgain(runId, task.id)),
          },
        ];
      case 'merge_conflict':
      case 'complete':
      case 'failed':
      case 'skipped':
      case 'aborted':
        return [];
    }
  });
  const actions = [...stops, ...endSetups(tasks, facts), ...tidyMerged(tasks, facts)];
  if (actions.length > 0 || facts.busyTasks.size > 0 || facts.merging || facts.validating) return actions;
  return [{ kind: 'finish', state: 'aborted' }];
}
