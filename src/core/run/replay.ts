import type { JournalRecord, RunEvent } from './events.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import {
  isAtRest,
  taskOf,
  verifiedKey,
  type LandingRecord,
  type RunPhase,
  type RunState,
  type TaskRecord,
  type WaveValidation,
} from './run-state.js';
import { allow, changeTask, newTask, type TaskEvent } from './replay-task.js';

export function initialState(plan: Plan): RunState {
  return {
    runId: plan.runId,
    seq: 0,
    phase: { kind: 'running' },
    stoppedByUser: false,
    targetCreated: false,
    owner: null,
    tasks: new Map(plan.tasks.map(({ id, wave }) => [id, newTask(id, wave)])),
    added: [],
    validations: new Map(),
    strategy: null,
    stopping: null,
    roomMade: new Set(),
    mergeIntents: new Map(),
    landingIntent: null,
    landed: null,
    foundLanded: null,
    landings: [],
    undoIntent: null,
    verified: new Set(),
    verifyRuns: 0,
  };
}

/** The state after all records of a journal. Throws if an event is not allowed in the state before it. */
export function replay(plan: Plan, records: readonly JournalRecord[]): RunState {
  return applyAll(initialState(plan), records);
}

/** As `applyRecord` one after the other, but copies the map of tasks once and not for every record. */
function applyAll(before: RunState, records: readonly JournalRecord[]): RunState {
  let state: RunState = { ...before, tasks: new Map(before.tasks) };
  for (const record of records) state = { ...applyEvent(state, record.event, record, setInPlace), seq: record.seq };
  return state;
}

/** The state after a part of a journal. */
export interface Replayed {
  readonly plan: Plan;
  readonly records: readonly JournalRecord[];
  readonly state: RunState;
}

/** The same as `replay`, but continues from `before` if `records` begins with the same record objects. */
export function replayOn(before: Replayed | null, plan: Plan, records: readonly JournalRecord[]): Replayed {
  const count = before?.records.length ?? 0;
  if (before?.plan !== plan || before.records[count - 1] !== records[count - 1])
    return { plan, records, state: replay(plan, records) };
  return { plan, records, state: applyAll(before.state, records.slice(count)) };
}

export function applyRecord(state: RunState, record: JournalRecord): RunState {
  return { ...applyEvent(state, record.event, record, setInCopy), seq: record.seq };
}

type Tasks = RunState['tasks'];
/** Returns the tasks with this one replaced. */
type SetTask = (tasks: Tasks, id: string, task: TaskRecord) => Tasks;

const setInCopy: SetTask = (tasks, id, task) => new Map(tasks).set(id, task);

/** Only for maps that were made in the same fold, so that nobody else has a state with them. */
const setInPlace: SetTask = (tasks, id, task) =>
  tasks instanceof Map ? tasks.set(id, task) : setInCopy(tasks, id, task);

function applyEvent(state: RunState, event: RunEvent, { at, seq }: JournalRecord, setTask: SetTask): RunState {
  switch (event.type) {
    case 'run_created':
    case 'request_done':
      return state;
    case 'owner_changed':
      return {
        ...state,
        owner: { pid: event.pid, generation: event.generation },
        stopping: event.replaced === undefined ? state.stopping : { run: event.replaced, generation: event.generation },
      };
    case 'run_stopped':
      return { ...state, stopping: state.stopping?.run === event.run ? null : state.stopping };
    case 'task_added':
      return withAdded(state, event.planned, seq);
    case 'room_made':
      return { ...state, roomMade: new Set(state.roomMade).add(event.task) };
    case 'target_created':
      return { ...state, targetCreated: true };
    case 'run_paused':
    case 'run_resumed':
    case 'run_aborting':
    case 'run_finished':
      return {
        ...state,
        phase: nextPhase(state, event),
        stoppedByUser: event.type === 'run_aborting' || (state.stoppedByUser && !reopens(event)),
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
      return withLanding(
        { ...state, landingIntent: null, landed: event.to },
        { ref: `refs/heads/${event.branch}`, task: null, tasks: event.tasks, from: event.from, to: event.to },
      );
    case 'found_landed':
      return { ...state, landed: event.commit, foundLanded: { target: event.target, commit: event.commit } };
    case 'undo_intended': {
      const { branch, task, landing, from, to } = event;
      return { ...state, undoIntent: { branch, task, landing, from, to } };
    }
    case 'landing_undone':
      return withoutLanding(state, event);
    case 'strategy_chosen':
      return { ...state, strategy: event.strategy };
    case 'verify_ran':
      return {
        ...state,
        verifyRuns: Math.max(state.verifyRuns, event.number),
        verified: event.passed ? new Set(state.verified).add(verifiedKey(event.tree, event.check)) : state.verified,
      };
    case 'merge_intended':
      allow(taskOf(state, event.task), event, seq, ['merge_pending']);
      return {
        ...state,
        mergeIntents: new Map(state.mergeIntents).set(event.task, {
          ref: event.ref,
          from: event.from,
          to: event.to,
        }),
      };
    default:
      return applyTaskEvent(state, event, { at, seq }, setTask);
  }
}

function applyTaskEvent(
  state: RunState,
  event: TaskEvent,
  { at, seq }: Pick<JournalRecord, 'at' | 'seq'>,
  setTask: SetTask,
): RunState {
  const before = taskOf(state, event.task);
  // Removing a task's worktree or branch does not count as a change of the task.
  const tidied = event.type === 'worktree_removed' || event.type === 'branch_removed';
  const task: TaskRecord = { ...changeTask(before, event, at, seq), changedAt: tidied ? before.changedAt : seq };
  const tasks = setTask(state.tasks, event.task, task);
  // An intended merge does not include commits added to the branch since.
  const grown = before.state.state === 'merge_pending' && event.type === 'task_done' && event.tip !== before.state.tip;
  const isOver = task.state.state !== 'merge_pending' || grown;
  const mergeIntents = isOver ? withoutKey(state.mergeIntents, event.task) : state.mergeIntents;
  // A validation applies to the wave's work merged at that time; work merged later has to be validated again.
  const validations = event.type === 'task_merged' ? withoutWave(state.validations, task.wave) : state.validations;
  // If a merge unblocks a task, that does not mean that the user wants to continue a stopped run.
  const wanted = event.type === 'task_requeued' && ['retry', 'selected', 'resumed'].includes(event.why);
  const stoppedByUser = state.stoppedByUser && !wanted;
  const intent = state.mergeIntents.get(event.task);
  const merged =
    event.type === 'task_merged' && intent?.to === event.landed && intent.from !== intent.to
      ? withLanding(state, { ...intent, task: event.task, tasks: [event.task] })
      : state;
  return { ...merged, tasks, mergeIntents, validations, stoppedByUser, phase: phaseAfter(state.phase, event) };
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
      return phase.kind === 'paused' || (phase.kind === 'finished' && reopens(event)) ? { kind: 'running' } : phase;
    case 'run_aborting':
      return phase.kind === 'finished' ? phase : { kind: 'aborting' };
    case 'run_finished':
      return [...tasks.values()].every(isAtRest) ? { kind: 'finished', state: event.state } : phase;
  }
}

function reopens(event: PhaseEvent): boolean {
  return event.type === 'run_resumed' && event.reopens === true;
}

/** Whether a pause ends later than another one; null means no end. */
function isLater(until: string | null, than: string | null): boolean {
  return than !== null && (until === null || new Date(until) > new Date(than));
}

/** A finished run becomes active again when one of its tasks has work to do. */
function phaseAfter(phase: RunPhase, event: TaskEvent): RunPhase {
  const reopens = ['task_requeued', 'task_done', 'task_retrying', 'pull_returned'].includes(event.type);
  const isUnproven = event.type === 'pull_opened' && event.unproven === true;
  return reopens || isUnproven ? reopened(phase) : phase;
}

function reopened(phase: RunPhase): RunPhase {
  return phase.kind === 'finished' ? { kind: 'running' } : phase;
}

/** The plan on disk may have it already. */
function withAdded(state: RunState, planned: PlannedTask, seq: number): RunState {
  const known = state.tasks.get(planned.id);
  const task = { ...(known ?? newTask(planned.id, planned.wave)), changedAt: seq };
  return {
    ...state,
    added: known === undefined ? [...state.added, planned] : state.added,
    tasks: new Map(state.tasks).set(planned.id, task),
    phase: reopened(state.phase),
  };
}

function withLanding(state: RunState, landing: Omit<LandingRecord, 'undone'>): RunState {
  return { ...state, landings: [...state.landings, { ...landing, undone: null }] };
}

function withoutLanding(state: RunState, event: Extract<RunEvent, { type: 'landing_undone' }>): RunState {
  const landings = state.landings.map((landing): LandingRecord => {
    const meant = landing.to === event.landing && landing.task === event.task;
    if (!meant || landing.undone !== null) return landing;
    const movedBack = event.to === landing.from;
    return { ...landing, undone: movedBack ? { kind: 'moved_back' } : { kind: 'reverted', commit: event.to } };
  });
  const whole = landings.findLast(({ task, undone }) => task === null && undone === null);
  return { ...state, undoIntent: null, landings, landed: whole?.to ?? null };
}

function withValidation(state: RunState, wave: number, validation: WaveValidation): RunState {
  return { ...state, validations: new Map(state.validations).set(wave, validation) };
}

function withoutKey<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  return map.has(key) ? new Map([...map].filter(([other]) => other !== key)) : map;
}

function withoutWave(validations: RunState['validations'], without: number): RunState['validations'] {
  return new Map([...validations].filter(([wave]) => wave !== without));
}
