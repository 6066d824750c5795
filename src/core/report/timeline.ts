import type { JournalRecord, RunEvent } from '../run/events.js';

/** What a task is doing. The last phase of a task that is over ends when the task did. */
export type PhaseKind =
  /** For dependencies, a slot, a wave, the end of a pause. */
  | 'waiting'
  /** Its worktree is being made, and `setup` runs. */
  | 'worktree'
  /** Its worktree is ready and the agent has not started. */
  | 'ready'
  | 'agent'
  /** The agent has ended; its work is being checked. */
  | 'settling'
  /** Before the next attempt, after a failure. */
  | 'retry'
  /** Until a usage limit ends. */
  | 'limit'
  /** In the merge queue, being verified, or being merged. */
  | 'merging'
  | 'pull_request'
  /** Finished work that cannot be merged before the user acts. */
  | 'held'
  | 'conflict'
  | 'blocked';

/** Times are ISO 8601; `to` is null while it goes on. `attempt` belongs to an agent's phase. */
export interface Phase {
  readonly kind: PhaseKind;
  readonly from: string;
  readonly to: string | null;
  readonly attempt?: number;
}

/** A check that ran with the task's work in it: the number of its log, when it ended, whether it passed. */
export interface CheckMark {
  readonly number: number;
  readonly at: string;
  readonly passed: boolean;
}

export interface TaskTimeline {
  readonly phases: readonly Phase[];
  readonly checks: readonly CheckMark[];
}

export interface Pause {
  readonly from: string;
  readonly to: string | null;
  readonly reason: string;
}

/** When the parts of a run happened, according to its journal. */
export interface Timeline {
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly tasks: ReadonlyMap<string, TaskTimeline>;
  readonly pauses: readonly Pause[];
}

const NO_PHASES: TaskTimeline = { phases: [], checks: [] };

/** A run whose journal is still empty. */
export function emptyTimeline(tasks: readonly string[]): Timeline {
  return { startedAt: null, finishedAt: null, tasks: new Map(tasks.map((id) => [id, NO_PHASES])), pauses: [] };
}

/** The timeline after further records of the same journal; costs as much as the records that are new. */
export function extendTimeline(before: Timeline, records: readonly JournalRecord[]): Timeline {
  if (records.length === 0) return before;
  const draft: Draft = {
    startedAt: before.startedAt,
    finishedAt: before.finishedAt,
    tasks: new Map(before.tasks),
    pauses: [...before.pauses],
  };
  for (const { at, event } of records) add(draft, event, at);
  return draft;
}

interface Draft {
  startedAt: string | null;
  finishedAt: string | null;
  readonly tasks: Map<string, TaskTimeline>;
  readonly pauses: Pause[];
}

function add(draft: Draft, event: RunEvent, at: string): void {
  switch (event.type) {
    case 'run_created':
      draft.startedAt ??= at;
      for (const id of draft.tasks.keys()) enter(draft, id, at, 'waiting');
      return;
    case 'run_paused':
      if (openPause(draft) === undefined) draft.pauses.push({ from: at, to: null, reason: event.reason });
      return;
    case 'run_resumed':
      endPause(draft, at);
      return;
    case 'run_finished':
      endPause(draft, at);
      draft.finishedAt = at;
      return;
    case 'verify_ran': {
      const { number, passed } = event;
      for (const id of event.tasks) {
        const task = draft.tasks.get(id) ?? NO_PHASES;
        draft.tasks.set(id, { ...task, checks: [...task.checks, { number, at, passed }] });
      }
      return;
    }
    default:
      addToTask(draft, event, at);
  }
}

function addToTask(draft: Draft, event: RunEvent, at: string): void {
  switch (event.type) {
    case 'task_added':
      enter(draft, event.task, at, 'waiting');
      break;
    case 'worktree_intended':
      enter(draft, event.task, at, 'worktree');
      break;
    case 'worktree_created':
    case 'attempt_void':
    case 'task_released':
      enter(draft, event.task, at, 'ready');
      break;
    case 'attempt_intended':
      enter(draft, event.task, at, 'agent', event.attempt);
      break;
    case 'attempt_ended':
      if (lastOf(draft, event.task)?.kind === 'agent') enter(draft, event.task, at, 'settling');
      break;
    case 'task_retrying':
      enter(draft, event.task, at, 'retry');
      break;
    case 'task_rate_limited':
      enter(draft, event.task, at, 'limit');
      break;
    case 'task_requeued':
      enter(draft, event.task, at, 'waiting');
      break;
    case 'pull_returned':
      enter(draft, event.task, at, 'ready');
      break;
    case 'task_done':
    case 'held_accepted':
      enter(draft, event.task, at, 'merging');
      break;
    case 'pull_opened':
      enter(draft, event.task, at, 'pull_request');
      break;
    case 'merge_held':
      enter(draft, event.task, at, 'held');
      break;
    case 'task_conflicted':
      enter(draft, event.task, at, 'conflict');
      break;
    case 'task_blocked':
      enter(draft, event.task, at, 'blocked');
      break;
    case 'task_merged':
    case 'task_failed':
    case 'task_aborted':
    case 'task_skipped':
      leave(draft, event.task, at);
      return;
    default:
      return; // says nothing of what a task is doing
  }
  draft.finishedAt = null; // a finished run goes on
}

function lastOf({ tasks }: Draft, id: string): Phase | undefined {
  return tasks.get(id)?.phases.at(-1);
}

/** Ends what the task was doing. A repeated event continues the phase. */
function enter(draft: Draft, id: string, at: string, kind: PhaseKind, attempt?: number): void {
  const last = lastOf(draft, id);
  if (last?.to === null && last.kind === kind && last.attempt === attempt) return;
  leave(draft, id, at);
  const task = draft.tasks.get(id) ?? NO_PHASES;
  const phase: Phase = { kind, from: at, to: null, ...(attempt === undefined ? {} : { attempt }) };
  draft.tasks.set(id, { ...task, phases: [...task.phases, phase] });
}

function leave(draft: Draft, id: string, at: string): void {
  const task = draft.tasks.get(id);
  const last = task?.phases.at(-1);
  if (task === undefined || last?.to !== null) return;
  draft.tasks.set(id, { ...task, phases: [...task.phases.slice(0, -1), { ...last, to: at }] });
}

function openPause({ pauses }: Draft): Pause | undefined {
  const last = pauses.at(-1);
  return last?.to === null ? last : undefined;
}

function endPause(draft: Draft, at: string): void {
  const open = openPause(draft);
  if (open !== undefined) draft.pauses[draft.pauses.length - 1] = { ...open, to: at };
}
