import { spell, spelled, type Reader } from '../text/spelling.js';
import * as z from 'zod';
import { heldView, heldViewSchema } from '../held/finding.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import type { RunState, TaskRecord } from '../run/run-state.js';
import { taskOf } from '../run/run-state.js';
import { pullSeenSchema } from '../run/pull-record.js';
import { TASK_STATE_NAMES } from '../run/task-state.js';
import { resolveCommand } from '../merge/waiting-work.js';
import { targetName, targetOf } from '../plan/target.js';
import { waitingSchema } from './waiting.js';

/** Current figures of a running agent. The supervisor keeps them in memory only; losing them does no harm. */
export const liveFiguresSchema = z.object({
  costUsd: z.number(),
  tokens: z.number(),
  lastActivity: z.string().nullable(),
});
export type LiveFigures = z.infer<typeof liveFiguresSchema>;

export const taskViewSchema = z.object({
  id: z.string(),
  state: z.enum(TASK_STATE_NAMES),
  reason: z.string().optional(),
  message: z.string().optional().describe('untrusted: may quote the agent'),
  files: z.array(z.string()).optional().describe('untrusted'),
  moreFiles: z.number().optional(),
  blockedBy: z.array(z.string()).optional(),
  notes: z.array(z.string()).optional().describe('untrusted'),
  hint: z.string().optional(),
  held: heldViewSchema.optional().describe('the user has to decide before it lands'),
  pausedUntil: z.string().optional(),
  waiting: waitingSchema.optional(),
  pull: z
    .object({
      number: z.number(),
      url: z.string(),
      state: pullSeenSchema.shape.kind.optional(),
      why: z.string().optional().describe('untrusted'),
      seenAt: z.string().optional(),
    })
    .optional(),
  wave: z.number(),
  deps: z.array(z.string()),
  branch: z.string(),
  worktree: z.string(),
  attempt: z.number(),
  pid: z.number().optional(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  commits: z.number(),
  costUsd: z.number().optional(),
  tokens: z.number().optional(),
  lastActivity: z.string().optional().describe('untrusted'),
  log: z.string(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

const newsSchema = taskViewSchema.pick({
  id: true,
  state: true,
  reason: true,
  message: true,
  files: true,
  moreFiles: true,
  blockedBy: true,
  notes: true,
  hint: true,
  held: true,
  pausedUntil: true,
  pull: true,
  attempt: true,
});
const resultSchema = newsSchema.extend(taskViewSchema.pick({ commits: true, costUsd: true, tokens: true }).shape);
const troubleSchema = resultSchema.extend(taskViewSchema.pick({ worktree: true, log: true }).shape);

/** The changeable fields of a task; a caller with a cursor already has the others. */
export const taskChangeSchema = resultSchema.extend(
  troubleSchema.partial().pick({ commits: true, worktree: true, log: true }).shape,
);
export type TaskChange = z.infer<typeof taskChangeSchema>;

/** The tasks of an answer that have all fields: all of them in the first answer. */
export function wholeTasks(tasks: readonly (TaskView | TaskChange)[]): TaskView[] {
  return tasks.filter((task): task is TaskView => 'branch' in task);
}

/** Keeps the answer short; `git status` in the worktree lists all conflicts. */
export const MOST_FILES = 100;

/** One task as `status` shows it to this reader, without empty fields. `log` is the path of its readable log. */
export function taskView(
  plan: Plan,
  task: PlannedTask,
  record: TaskRecord,
  live: LiveFigures | null,
  log: string,
  reader: Reader = 'terminal',
): TaskView {
  // An ended attempt is already counted in the record.
  const current = record.state.state === 'running' && record.attempt !== record.endedAttempt ? live : null;
  const cost = record.costUsd + (current?.costUsd ?? 0);
  const tokens = record.tokens + (current?.tokens ?? 0);
  return {
    id: task.id,
    state: record.state.state,
    ...stateDetails(plan, task, record, reader),
    ...(record.notes.length > 0 ? { notes: record.notes.map((note) => spell(note, reader)) } : {}),
    ...pullView(record),
    wave: task.wave,
    deps: task.deps,
    branch: task.branch,
    worktree: task.worktree,
    attempt: record.attempt,
    ...(record.startedAt !== null ? { startedAt: record.startedAt } : {}),
    ...(record.finishedAt !== null ? { finishedAt: record.finishedAt } : {}),
    commits: record.commits,
    ...(cost > 0 ? { costUsd: Math.round(cost * 10_000) / 10_000 } : {}),
    ...(tokens > 0 ? { tokens } : {}),
    ...(current?.lastActivity ? { lastActivity: current.lastActivity } : {}),
    log,
  };
}

/** Only the fields that can change; log and worktree are included if the user must act. */
export function taskChange(view: TaskView): TaskChange {
  switch (view.state) {
    case 'queued':
    case 'worktree_created':
    case 'running':
    case 'blocked':
    case 'skipped':
      return newsSchema.parse(view);
    case 'merge_pending':
    case 'complete':
      return resultSchema.parse(view);
    case 'aborted':
    case 'failed':
    case 'merge_conflict':
      return troubleSchema.parse(view);
  }
}

function pullView({ pull }: TaskRecord): Pick<TaskView, 'pull'> {
  const opened = pull?.opened ?? null;
  if (opened === null) return {};
  const { number, url } = opened;
  const seen = pull?.seen ?? null;
  const said = seen === null ? {} : { state: seen.kind, why: seen.message, seenAt: seen.at };
  return { pull: { number, url, ...said } };
}

type Details = Pick<
  TaskView,
  'reason' | 'message' | 'files' | 'moreFiles' | 'blockedBy' | 'hint' | 'held' | 'pid' | 'pausedUntil'
>;

function stateDetails(plan: Plan, task: PlannedTask, { state }: TaskRecord, reader: Reader): Details {
  switch (state.state) {
    case 'running':
      return state.process.kind === 'started' ? { pid: state.process.pid } : {};
    case 'merge_pending':
      if (state.hold === null) return {};
      if (state.hold.held !== null) return { held: spelled(heldView(plan.runId, task.id, state.hold.held), reader) };
      return { message: state.hold.reason, hint: spell(state.hold.hint, reader) };
    case 'merge_conflict':
      return {
        files: state.files.slice(0, MOST_FILES),
        ...(state.files.length > MOST_FILES ? { moreFiles: state.files.length - MOST_FILES } : {}),
        message: `conflicts with ${targetName(targetOf(plan))} at ${state.targetCommit.slice(0, 12)}`,
        hint: spell(resolveCommand(plan.runId, task.id), reader),
      };
    case 'failed':
      return { reason: state.reason, message: state.message };
    case 'blocked':
      return { blockedBy: [...state.by] };
    case 'queued':
    case 'worktree_created':
      return state.notBefore === null ? {} : { pausedUntil: state.notBefore };
    case 'complete':
    case 'skipped':
    case 'aborted':
      return {};
  }
}

/** `interrupted` is derived: the run is unfinished and its supervisor is not running. */
export function runStateName(
  state: RunState,
  ownerAlive: boolean,
): 'running' | 'paused' | 'interrupted' | 'completed' | 'failed' | 'aborted' {
  switch (state.phase.kind) {
    case 'finished':
      return state.phase.state;
    case 'paused':
      return ownerAlive ? 'paused' : 'interrupted';
    case 'running':
    case 'aborting':
      return ownerAlive ? 'running' : 'interrupted';
  }
}

export function changedTasks(plan: Plan, state: RunState, since: number): PlannedTask[] {
  return plan.tasks.filter((task) => taskOf(state, task.id).changedAt > since || since === 0);
}
