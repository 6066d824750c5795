import type { RunEvent } from '../events.js';
import type { RunState } from '../run-state.js';
import { unpause } from './pause.js';

/** How the user wants to continue a run. `resume`: also continue what an abort stopped. */
export interface ContinueWish {
  readonly select: readonly string[];
  readonly skip: readonly string[];
  readonly retry: readonly string[];
  readonly resume?: boolean | undefined;
}

/** `start_over`: retire the task's last attempt, then record `startedOver`. */
export type ContinueStep =
  { readonly kind: 'record'; readonly event: RunEvent } | { readonly kind: 'start_over'; readonly task: string };

/**
 * False while a job works on one of the tasks, and while the run is being aborted, because the abort would stop tasks
 * queued now.
 */
export function mayContinue(
  { phase, tasks }: RunState,
  wish: ContinueWish,
  isBusy: (task: string) => boolean,
): boolean {
  if (phase.kind === 'aborting') return false;
  const taken = [...tasks.values()].filter(({ state }) => wish.resume === true && state.state === 'aborted');
  return ![...wish.select, ...wish.skip, ...wish.retry, ...taken.map(({ id }) => id)].some(isBusy);
}

/** The steps, in order. A task with a worktree continues its session there; a task without one starts over. */
export function continueSteps(state: RunState, { select, skip, retry, resume }: ContinueWish): readonly ContinueStep[] {
  const tasks = [...state.tasks.values()];
  const skipped = tasks.filter(
    ({ id, state: task }) => skip.includes(id) && ['queued', 'blocked', 'failed', 'aborted'].includes(task.state),
  );
  const left = tasks.filter((task) => !skipped.includes(task));
  const anew = left.filter(
    ({ id, state: task }) => retry.includes(id) && (task.state === 'failed' || task.state === 'aborted'),
  );
  const taken = resume === true ? left.filter((task) => task.state.state === 'aborted' && !anew.includes(task)) : [];
  const isPausedByPerson = state.phase.kind === 'paused' && state.phase.until === null;
  return [
    ...(isPausedByPerson ? unpause(state).events : []).map(record), // continuing ends the user's pause
    ...skipped.map(({ id }) => record({ type: 'task_skipped', task: id, why: 'user', landed: null })),
    ...left
      .filter(({ id, state: task }) => select.includes(id) && task.state === 'skipped')
      .map(({ id }) => record({ type: 'task_requeued', task: id, why: 'selected', next: { kind: 'fresh' } })),
    ...[...state.validations]
      .filter(([, { kind }]) => kind === 'failed')
      .map(([wave]) => record({ type: 'wave_validation_reset', wave })),
    ...anew.map(({ id }): ContinueStep => ({ kind: 'start_over', task: id })),
    ...(resume === true ? [record({ type: 'run_resumed', reopens: true })] : []),
    ...taken.map(({ id, worktree }): ContinueStep => {
      if (worktree === 'removed') return { kind: 'start_over', task: id };
      const note = 'The run was stopped by the user and has now been resumed. Continue where you stopped.';
      const next = worktree === 'present' ? { kind: 'continue' as const, note } : { kind: 'fresh' as const };
      return record({ type: 'task_requeued', task: id, why: 'resumed', next });
    }),
  ];
}

/** The task's last attempt has been retired; the task is queued as if it had never started. */
export function startedOver(task: string): RunEvent {
  return { type: 'task_requeued', task, why: 'retry', next: { kind: 'fresh' } };
}

function record(event: RunEvent): ContinueStep {
  return { kind: 'record', event };
}
