import type { TaskView } from './status-view.js';

/** The changes between two states of a run, in a readable order. */
export type ProgressEvent =
  | { readonly kind: 'wave_started'; readonly wave: number }
  | { readonly kind: 'task_started'; readonly task: TaskView }
  | { readonly kind: 'task_retried'; readonly task: TaskView }
  | { readonly kind: 'task_finished'; readonly task: TaskView }
  | { readonly kind: 'task_merging'; readonly task: TaskView }
  | { readonly kind: 'pull_opened'; readonly task: TaskView }
  | { readonly kind: 'wave_finished'; readonly wave: number; readonly complete: number; readonly total: number };

export interface WavePlan {
  readonly wave: number;
  readonly tasks: readonly string[];
}

/** The waves of these tasks, in order. */
export function wavesOf(tasks: Iterable<TaskView>): WavePlan[] {
  const all = [...tasks];
  const numbers = [...new Set(all.map(({ wave }) => wave))].sort((a, b) => a - b);
  return numbers.map((wave) => ({ wave, tasks: all.filter((task) => task.wave === wave).map(({ id }) => id) }));
}

/** States from which a task does not continue by itself. */
const OVER: ReadonlySet<TaskView['state']> = new Set([
  'complete',
  'failed',
  'merge_conflict',
  'blocked',
  'skipped',
  'aborted',
]);

export function isOver(task: TaskView): boolean {
  if (task.state !== 'merge_pending') return OVER.has(task.state);
  return task.message !== undefined || task.held !== undefined;
}

/**
 * Events that lead from `before` to `after`. A task that started and ended between the two states gives both events, so
 * that a reader never sees an end without a start.
 */
export function progressBetween(
  before: ReadonlyMap<string, TaskView>,
  after: ReadonlyMap<string, TaskView>,
  waves: readonly WavePlan[],
): ProgressEvent[] {
  const events: ProgressEvent[] = [];
  for (const { wave, tasks } of waves) {
    const had = tasks.map((id) => before.get(id));
    const has = tasks.map((id) => after.get(id));
    if (!had.some(started) && has.some(started)) events.push({ kind: 'wave_started', wave });
    for (const id of tasks) events.push(...taskEvents(before.get(id), after.get(id)));
    const shown = has.filter((task) => task !== undefined && task.state !== 'skipped');
    const wasOver = had.length > 0 && had.every((task) => task !== undefined && isOver(task));
    const nowOver = has.every((task) => task !== undefined && isOver(task));
    if (nowOver && !wasOver && shown.length > 0) {
      const complete = shown.filter((task) => task?.state === 'complete').length;
      events.push({ kind: 'wave_finished', wave, complete, total: shown.length });
    }
  }
  return events;
}

function started(task: TaskView | undefined): boolean {
  return task?.startedAt !== undefined;
}

function taskEvents(before: TaskView | undefined, after: TaskView | undefined): ProgressEvent[] {
  if (after === undefined) return [];
  const events: ProgressEvent[] = [];
  if (started(after) && !started(before)) events.push({ kind: 'task_started', task: after });
  else if (before !== undefined && before.attempt > 0 && after.attempt > before.attempt)
    events.push({ kind: 'task_retried', task: after });
  const known =
    before !== undefined && isOver(before) && before.state === after.state && before.attempt === after.attempt;
  if (isOver(after) && !known) {
    events.push({ kind: 'task_finished', task: after });
  } else if (after.state === 'merge_pending' && before?.state !== 'merge_pending') {
    events.push({ kind: 'task_merging', task: after });
  }
  if (after.pull !== undefined && after.pull.number !== before?.pull?.number) {
    const at = events.findIndex(({ kind }) => kind === 'task_finished');
    events.splice(at === -1 ? events.length : at, 0, { kind: 'pull_opened', task: after }); // before its end
  }
  return events;
}

/** The `[PROGRESS]` line for an event, null if it has none; scripts and Claude sessions parse these lines. */
export function progressLine(event: ProgressEvent): string | null {
  switch (event.kind) {
    case 'wave_started':
      return `[PROGRESS] wave=${String(event.wave)} status=started`;
    case 'task_started':
    case 'task_retried':
      return `[PROGRESS] wave=${String(event.task.wave)} task=${event.task.id} status=started`;
    case 'task_merging':
      return null;
    case 'pull_opened':
      return `[PROGRESS] wave=${String(event.task.wave)} task=${event.task.id} status=pr_created pr=${String(event.task.pull?.number ?? '')}`;
    case 'task_finished':
      return `[PROGRESS] wave=${String(event.task.wave)} task=${event.task.id} ${taskOutcome(event.task)}`;
    case 'wave_finished': {
      const status = event.complete === event.total ? 'completed' : 'failed';
      return `[PROGRESS] wave=${String(event.wave)} status=${status} tasks=${String(event.complete)}/${String(event.total)}`;
    }
  }
}

function taskOutcome(task: TaskView): string {
  switch (task.state) {
    case 'complete':
      return `status=completed commits=${String(task.commits)}`;
    case 'failed':
      return `status=failed error=${task.reason ?? 'unknown'}`;
    case 'merge_conflict':
      return 'status=conflict error=merge_conflict';
    case 'blocked':
      return `status=blocked by=${(task.blockedBy ?? []).map((by) => by.replaceAll(' ', '-')).join(',')}`;
    case 'merge_pending':
      return `status=${task.held === undefined ? task.state : 'held'}`;
    case 'skipped':
    case 'aborted':
    case 'queued':
    case 'worktree_created':
    case 'running':
      return `status=${task.state}`;
  }
}
