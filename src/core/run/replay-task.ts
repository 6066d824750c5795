import type { RunEvent } from './events.js';
import { NO_PULL, type PullRecord } from './pull-record.js';
import type { TaskRecord } from './run-state.js';
import type { TaskState, TaskStateName } from './task-state.js';

/** Events of a single task. Intended merges are part of the run's state. */
export type TaskEvent = Exclude<
  Extract<RunEvent, { task: string }>,
  { type: 'merge_intended' | 'room_made' | 'task_added' }
>;

/** A task without events. */
export function newTask(id: string, wave: number): TaskRecord {
  return {
    id,
    wave,
    state: { state: 'queued', notBefore: null, next: { kind: 'fresh' } },
    attempt: 0,
    endedAttempt: 0,
    sessionId: null,
    start: null,
    worktree: 'none',
    branchRemoved: false,
    retriesUsed: 0,
    lostInARow: 0,
    startedAt: null,
    finishedAt: null,
    commits: 0,
    costUsd: 0,
    tokens: 0,
    notes: [],
    accepted: null,
    pull: null,
    changedAt: 0,
  };
}

/** Throws if the lifecycle does not allow `event` in this state: a bug, or a journal that o8 did not write. */
export function allow(task: TaskRecord, event: RunEvent, seq: number, states: readonly TaskStateName[]): void {
  if (states.includes(task.state.state)) return;
  throw new Error(
    `task ${task.id} is ${task.state.state}: ${event.type} (record ${String(seq)}) is not allowed in this state`,
  );
}

/** Applies an event to a task; see the diagram in `task-state.ts`. */
export function changeTask(task: TaskRecord, event: TaskEvent, at: string, seq: number): TaskRecord {
  const from = (...allowed: TaskStateName[]): void => {
    allow(task, event, seq, allowed);
  };
  const to = (next: TaskState, change: Partial<TaskRecord> = {}): TaskRecord => ({ ...task, ...change, state: next });
  const withPull = (change: Partial<PullRecord>): TaskRecord =>
    to(task.state, { pull: { ...NO_PULL, ...task.pull, ...change } });
  switch (event.type) {
    case 'task_skipped':
      from('queued', 'blocked', 'failed', 'aborted', 'skipped');
      return to({ state: 'skipped', why: event.why, landed: event.landed });
    case 'task_blocked':
      from('queued', 'worktree_created', 'blocked');
      return to({ state: 'blocked', by: event.by });
    case 'task_requeued':
      return requeue(task, event, from, to);
    case 'worktree_intended':
      from('queued');
      return to(task.state, { worktree: 'intended', start: event.start, branchRemoved: false });
    case 'worktree_created':
      from('queued');
      return to(
        {
          state: 'worktree_created',
          notBefore: null,
          next: task.state.state === 'queued' ? task.state.next : { kind: 'fresh' },
        },
        { worktree: 'present', start: event.start },
      );
    case 'worktree_removed':
      return to(task.state, { worktree: 'removed' });
    case 'branch_removed':
      return to(task.state, { branchRemoved: true });
    case 'attempt_intended':
      from('worktree_created');
      return to(
        {
          state: 'running',
          attemptId: event.attemptId,
          since: at,
          budgetUsd: event.budgetUsd,
          next: task.state.state === 'worktree_created' ? task.state.next : { kind: 'fresh' },
          process: { kind: 'intended' },
        },
        {
          attempt: event.attempt,
          sessionId: event.sessionId,
          startedAt: task.startedAt ?? at,
          finishedAt: null,
        },
      );
    case 'attempt_void':
      from('running');
      return to({
        state: 'worktree_created',
        notBefore: null,
        next: task.state.state === 'running' ? task.state.next : { kind: 'fresh' },
      });
    case 'attempt_started':
      from('running');
      return to(
        task.state.state === 'running' ? { ...task.state, process: { kind: 'started', pid: event.pid } } : task.state,
      );
    case 'attempt_ended':
      from('running');
      if (event.attempt === task.endedAttempt) return task; // its cost is already counted
      return to(task.state, {
        endedAttempt: event.attempt,
        costUsd: task.costUsd + event.costUsd,
        tokens: task.tokens + event.tokens,
        sessionId: event.sessionId ?? task.sessionId,
        lostInARow: event.exit.kind === 'unknown' ? task.lostInARow : 0,
      });
    case 'task_retrying':
      from('running', 'merge_pending', 'worktree_created');
      return to(
        { state: 'worktree_created', notBefore: event.notBefore, next: { kind: 'continue', note: event.message } },
        { retriesUsed: task.retriesUsed + 1 },
      );
    case 'task_rate_limited':
      from('running');
      return to({
        state: 'worktree_created',
        notBefore: event.until,
        next: { kind: 'continue', note: 'The usage limit that stopped you has ended. Continue where you stopped.' },
      });
    case 'task_released':
      from('queued', 'worktree_created');
      return to(
        task.state.state === 'queued' || task.state.state === 'worktree_created'
          ? { ...task.state, notBefore: null }
          : task.state,
      );
    case 'task_failed':
      from('queued', 'worktree_created', 'running', 'merge_pending');
      return to({ state: 'failed', reason: event.reason, message: event.message }, { finishedAt: at });
    case 'task_aborted':
      from('queued', 'worktree_created', 'running', 'merge_pending', 'merge_conflict', 'blocked');
      return to({ state: 'aborted' }, { finishedAt: at });
    case 'task_done':
      from('running', 'merge_conflict', 'queued', 'skipped', 'merge_pending');
      return to(
        { state: 'merge_pending', tip: event.tip, doneSeq: seq, hold: null },
        { commits: event.commits, finishedAt: at, notes: [...task.notes, ...event.notes] },
      );
    case 'task_noted':
      return to(task.state, { notes: [...task.notes, ...(event.texts ?? event.notes)] });
    case 'merge_held':
      from('merge_pending');
      return to(
        task.state.state === 'merge_pending'
          ? { ...task.state, hold: { reason: event.reason, hint: event.next ?? event.hint, held: event.held ?? null } }
          : task.state,
      );
    case 'held_accepted':
      from('merge_pending');
      return to(task.state, { accepted: { tip: event.tip, keys: event.keys } });
    case 'task_merged':
      from('merge_pending', 'merge_conflict');
      return to({ state: 'complete', landed: event.landed });
    case 'push_intended':
      from('merge_pending');
      return withPull({ intent: { commit: event.commit, replaces: event.replaces } });
    case 'branch_pushed':
      return withPull({ intent: null, pushed: event.commit, pushedAt: at, before: task.pull?.pushed ?? null });
    case 'pull_opened': {
      const { number, url, base } = event;
      return withPull({
        opened: { number, url, base },
        described: event.unproven === true ? null : (task.pull?.pushed ?? null),
      });
    }
    case 'pull_seen':
      return withPull({ seen: { ...event.seen, at } });
    case 'pull_reviewed': {
      const { head, verdict, summary } = event;
      return { ...withPull({ review: { head, verdict, summary } }), costUsd: task.costUsd + event.costUsd };
    }
    case 'pull_returned':
      from('merge_pending', 'merge_conflict');
      return to(
        { state: 'worktree_created', notBefore: null, next: { kind: 'continue', note: event.note } },
        { pull: { ...NO_PULL, ...task.pull, returned: [...(task.pull?.returned ?? []), event.about] } },
      );
    case 'task_conflicted':
      from('merge_pending');
      return to({
        state: 'merge_conflict',
        files: event.files,
        targetCommit: event.targetCommit,
        branchCommit: event.branchCommit,
      });
  }
}

/** Queues the task again: with its worktree if the work continues, without one if it starts over. */
function requeue(
  task: TaskRecord,
  event: Extract<RunEvent, { type: 'task_requeued' }>,
  from: (...allowed: TaskStateName[]) => void,
  to: (next: TaskState, change?: Partial<TaskRecord>) => TaskRecord,
): TaskRecord {
  switch (event.why) {
    case 'unblocked':
      from('blocked');
      return to({ state: 'queued', notBefore: null, next: event.next });
    case 'selected':
      from('skipped', 'blocked');
      return to({ state: 'queued', notBefore: null, next: event.next });
    case 'lost':
      from('running');
      return to({ state: 'worktree_created', notBefore: null, next: event.next }, { lostInARow: task.lostInARow + 1 });
    case 'paused':
      from('running');
      return to({ state: 'worktree_created', notBefore: null, next: event.next });
    case 'resumed':
      from('aborted');
      return to(
        { state: task.worktree === 'present' ? 'worktree_created' : 'queued', notBefore: null, next: event.next },
        { finishedAt: null },
      );
    case 'retry':
      from('failed', 'aborted', 'blocked');
      return to(
        { state: 'queued', notBefore: null, next: event.next },
        {
          sessionId: null,
          start: null,
          worktree: 'none',
          retriesUsed: 0,
          lostInARow: 0,
          startedAt: null,
          finishedAt: null,
          commits: 0,
          notes: [],
          accepted: null,
          // The remote keeps its branch and its pull request: the new work replaces what is there.
          pull: task.pull === null ? null : { ...task.pull, seen: null, returned: [] },
        },
      );
  }
}
