import type { JournalRecord, RunEvent } from './events.js';
import type { Plan } from './plan.js';
import { taskOf, type RunPhase, type RunState, type TaskRecord, type WaveValidation } from './run-state.js';
import { isSettled, type TaskState, type TaskStateName } from './task-state.js';

/** The state of a run that has a plan and no history yet. */
export function initialState(plan: Plan): RunState {
  return {
    runId: plan.runId,
    seq: 0,
    phase: { kind: 'running' },
    stoppedByUser: false,
    targetCreated: false,
    owner: null,
    tasks: new Map(plan.tasks.map(({ id, wave }) => [id, newTask(id, wave)])),
    validations: new Map(),
    mergeIntents: new Map(),
    landingIntent: null,
    landed: null,
  };
}

/** Adds a journal up. Pure; an event that the lifecycle does not allow is a bug and throws. */
export function replay(plan: Plan, records: readonly JournalRecord[]): RunState {
  return records.reduce(applyRecord, initialState(plan));
}

export function applyRecord(state: RunState, record: JournalRecord): RunState {
  return { ...applyEvent(state, record.event, record), seq: record.seq };
}

function newTask(id: string, wave: number): TaskRecord {
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
    changedAt: 0,
  };
}

function applyEvent(state: RunState, event: RunEvent, { at, seq }: JournalRecord): RunState {
  switch (event.type) {
    case 'run_created':
    case 'request_done':
      return state;
    case 'owner_changed':
      return { ...state, owner: { pid: event.pid, generation: event.generation } };
    case 'target_created':
      return { ...state, targetCreated: true };
    case 'run_paused':
    case 'run_resumed':
    case 'run_aborting':
    case 'run_finished':
      return {
        ...state,
        phase: nextPhase(state, event),
        stoppedByUser: state.stoppedByUser || event.type === 'run_aborting',
      };
    case 'wave_validated':
      return withValidation(state, event.wave, { kind: 'passed', commit: event.commit });
    case 'wave_validation_failed':
      return withValidation(state, event.wave, { kind: 'failed', message: event.message });
    case 'wave_validation_reset':
      return { ...state, validations: withoutWave(state.validations, event.wave), phase: reopened(state.phase) };
    case 'landing_intended':
      return { ...state, landingIntent: { branch: event.branch, from: event.from, to: event.to } };
    case 'landed':
      return { ...state, landingIntent: null, landed: event.to };
    case 'merge_intended':
      allow(taskOf(state, event.task), event, seq, ['merge_pending']);
      return {
        ...state,
        mergeIntents: new Map(state.mergeIntents).set(event.task, { from: event.from, to: event.to }),
      };
    default:
      return applyTaskEvent(state, event, at, seq);
  }
}

type TaskEvent = Exclude<Extract<RunEvent, { task: string }>, { type: 'merge_intended' }>;

function applyTaskEvent(state: RunState, event: TaskEvent, at: string, seq: number): RunState {
  const before = taskOf(state, event.task);
  // Tidying up after a task is no news of it.
  const tidied = event.type === 'worktree_removed' || event.type === 'branch_removed';
  const task: TaskRecord = { ...changeTask(before, event, at, seq), changedAt: tidied ? before.changedAt : seq };
  const tasks = new Map(state.tasks).set(event.task, task);
  const mergeIntents = new Map(state.mergeIntents);
  if (task.state.state !== 'merge_pending') mergeIntents.delete(event.task);
  // A validation speaks for the wave as it was merged then; what is merged later has to be validated, too.
  const validations = event.type === 'task_merged' ? withoutWave(state.validations, task.wave) : state.validations;
  // What is unblocked by a merge is not a person's wish to go on with a run they stopped.
  const wanted = event.type === 'task_requeued' && (event.why === 'retry' || event.why === 'selected');
  const stoppedByUser = state.stoppedByUser && !wanted;
  return { ...state, tasks, mergeIntents, validations, stoppedByUser, phase: phaseAfter(state.phase, event) };
}

type PhaseEvent = Extract<RunEvent, { type: 'run_paused' | 'run_resumed' | 'run_aborting' | 'run_finished' }>;

function nextPhase({ phase, tasks }: RunState, event: PhaseEvent): RunPhase {
  switch (event.type) {
    case 'run_paused':
      if (phase.kind === 'running') return { kind: 'paused', reason: event.reason, until: event.until };
      return phase.kind === 'paused' && isLater(event.until, phase.until)
        ? { kind: 'paused', reason: event.reason, until: event.until }
        : phase;
    case 'run_resumed':
      return phase.kind === 'paused' ? { kind: 'running' } : phase;
    case 'run_aborting':
      return phase.kind === 'finished' ? phase : { kind: 'aborting' };
    case 'run_finished':
      return [...tasks.values()].every(({ state }) => isSettled(state))
        ? { kind: 'finished', state: event.state }
        : phase;
  }
}

/** Of two limits the one that ends later counts; null has no end. */
function isLater(until: string | null, than: string | null): boolean {
  return than !== null && (until === null || new Date(until) > new Date(than));
}

/** A finished run runs again as soon as one of its tasks has something to do. */
function phaseAfter(phase: RunPhase, event: TaskEvent): RunPhase {
  const reopens = event.type === 'task_requeued' || event.type === 'task_done' || event.type === 'task_retrying';
  return reopens ? reopened(phase) : phase;
}

function reopened(phase: RunPhase): RunPhase {
  return phase.kind === 'finished' ? { kind: 'running' } : phase;
}

function allow(task: TaskRecord, event: RunEvent, seq: number, states: readonly TaskStateName[]): void {
  if (states.includes(task.state.state)) return;
  throw new Error(`task ${task.id} is ${task.state.state}: ${event.type} (record ${String(seq)}) cannot follow`);
}

function changeTask(task: TaskRecord, event: TaskEvent, at: string, seq: number): TaskRecord {
  const from = (...allowed: TaskStateName[]): void => {
    allow(task, event, seq, allowed);
  };
  const to = (next: TaskState, change: Partial<TaskRecord> = {}): TaskRecord => ({ ...task, ...change, state: next });
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
          process: { kind: 'intended' },
        },
        {
          attempt: event.attempt,
          sessionId: event.sessionId,
          startedAt: task.startedAt ?? at,
          finishedAt: null,
        },
      );
    case 'attempt_started':
      from('running');
      return to(
        task.state.state === 'running' ? { ...task.state, process: { kind: 'started', pid: event.pid } } : task.state,
      );
    case 'attempt_ended':
      from('running');
      if (event.attempt === task.endedAttempt) return task; // paid for once
      return to(task.state, {
        endedAttempt: event.attempt,
        costUsd: task.costUsd + event.costUsd,
        tokens: task.tokens + event.tokens,
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
        next: { kind: 'continue', note: 'The usage limit that stopped you is over. Go on where you were.' },
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
    case 'merge_held':
      from('merge_pending');
      return to(
        task.state.state === 'merge_pending'
          ? { ...task.state, hold: { reason: event.reason, hint: event.hint } }
          : task.state,
      );
    case 'task_merged':
      from('merge_pending');
      return to({ state: 'complete', landed: event.landed });
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

/** Back to the queue: with its worktree where the work goes on, without one where it begins anew. */
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
        },
      );
  }
}

function withValidation(state: RunState, wave: number, validation: WaveValidation): RunState {
  return { ...state, validations: new Map(state.validations).set(wave, validation) };
}

function withoutWave(validations: RunState['validations'], without: number): RunState['validations'] {
  return new Map([...validations].filter(([wave]) => wave !== without));
}
