import * as z from 'zod';
import type { Plan, PlannedTask } from '../plan/plan.js';
import { clockTime } from '../text/clock-time.js';
import { counted } from '../text/counted.js';
import { attemptBudget } from '../run/budget.js';
import { blockers, openBarrier } from '../run/decide.js';
import { isOpenPull, taskOf, type RunState } from '../run/run-state.js';
import { stackedOn } from '../run/stacked-on.js';
import { isInMergeQueue, mergedCommit } from '../run/task-state.js';
import type { Phase, Timeline } from './timeline.js';

/** What a task waits for, since when (ISO 8601). Who waits for a person is in the list of `attention.ts` instead. */
export const waitingSchema = z.object({
  for: z.enum([
    'tasks',
    'wave',
    'slot',
    'pause',
    'retry',
    'limit',
    'budget',
    'machine',
    'supervisor',
    'merge_queue',
    'pull_request',
  ]),
  since: z.string(),
  /** The tasks it needs that are not merged. */
  tasks: z.array(z.string()).optional(),
  /** The wave that has to end first. */
  wave: z.number().optional(),
  /** ISO 8601; absent where the end is not known. */
  until: z.string().optional(),
  /** In which place of the merge queue, from 1. */
  place: z.number().optional(),
  message: z.string().optional().describe('untrusted'),
});
export type Waiting = z.infer<typeof waitingSchema>;

export interface WaitingFacts {
  readonly now: Date;
  readonly ownerAlive: boolean;
  /** Why no agents start on this machine now; null if they may. */
  readonly holdBack: string | null;
}

/** What the task waits for; null while it works, and where nothing more happens without a person. */
export function waitingOf(
  plan: Plan,
  state: RunState,
  timeline: Timeline,
  task: PlannedTask,
  { now, ownerAlive, holdBack }: WaitingFacts,
): Waiting | null {
  const record = taskOf(state, task.id);
  const phase = timeline.tasks.get(task.id)?.phases.at(-1);
  const since = phase?.from ?? timeline.startedAt ?? plan.createdAt;
  if (state.phase.kind === 'finished' && !isOpenPull(record)) return null;
  switch (record.state.state) {
    case 'queued':
    case 'worktree_created':
      break;
    case 'merge_pending':
      return record.state.hold === null ? waitingToMerge(state, task.id, since) : null;
    case 'running':
    case 'merge_conflict':
    case 'complete':
    case 'failed':
    case 'blocked':
    case 'skipped':
    case 'aborted':
      return null;
  }
  if (phase?.kind === 'worktree') return null;
  const { notBefore } = record.state;
  if (notBefore !== null && now < new Date(notBefore))
    return { for: phase?.kind === 'limit' ? 'limit' : 'retry', since, until: notBefore };
  const starts = startWaits(plan, state, timeline, task, since);
  if (starts !== null) return starts;
  if (!ownerAlive) return { for: 'supervisor', since };
  if (state.phase.kind === 'paused') {
    const { reason, until } = state.phase;
    const from = timeline.pauses.at(-1)?.from ?? since;
    return { for: 'pause', since: later(since, from), ...(until === null ? {} : { until }), message: reason };
  }
  if (holdBack !== null) return { for: 'machine', since, message: holdBack };
  const ready = later(since, ...task.deps.map((dep) => endOf(timeline, dep)));
  if (record.state.state === 'worktree_created' && attemptBudget(plan, state, task).kind === 'wait')
    return { for: 'budget', since: ready };
  return { for: 'slot', since: ready };
}

/** The order of completion is the order of the queue. */
function waitingToMerge(state: RunState, id: string, since: string): Waiting {
  const record = taskOf(state, id);
  if (isOpenPull(record)) {
    const said = record.pull?.seen?.message;
    return { for: 'pull_request', since, ...(said === undefined ? {} : { message: said }) };
  }
  const mine = isInMergeQueue(record.state) ? record.state.doneSeq : 0;
  const before = [...state.tasks.values()].filter(
    (other) => isInMergeQueue(other.state) && !isOpenPull(other) && other.state.doneSeq < mine,
  );
  return { for: 'merge_queue', since, place: before.length + 1 };
}

function startWaits(plan: Plan, state: RunState, timeline: Timeline, task: PlannedTask, since: string): Waiting | null {
  if (taskOf(state, task.id).state.state !== 'queued' || blockers(plan, state, task).length > 0) return null;
  const needed = task.deps.filter((dep) => mergedCommit(taskOf(state, dep).state) === null);
  if (needed.length > 0 && stackedOn(plan, state, task) === null) return { for: 'tasks', since, tasks: needed };
  const wave = openBarrier(plan, state, task);
  if (wave === null) return null;
  return { for: 'wave', since: later(since, ...task.deps.map((dep) => endOf(timeline, dep))), wave };
}

function endOf(timeline: Timeline, id: string): string | null {
  const last: Phase | undefined = timeline.tasks.get(id)?.phases.at(-1);
  return last?.to ?? null;
}

/** ISO times of one clock compare as texts. */
function later(since: string, ...others: readonly (string | null)[]): string {
  return others.reduce<string>((last, other) => (other !== null && other > last ? other : last), since);
}

/** More names do not fit on a line. */
const MOST_NAMED = 3;

/** For people: `waits for …`. */
export function waitingText(waiting: Waiting, now: Date): string {
  const { tasks = [], until } = waiting;
  const at = until === undefined ? '' : clockTime(new Date(until), now);
  const why = waiting.message === undefined ? '' : `: ${waiting.message}`;
  switch (waiting.for) {
    case 'tasks': {
      const more = tasks.length > MOST_NAMED ? ` and ${String(tasks.length - MOST_NAMED)} more` : '';
      return `waits for ${tasks.slice(0, MOST_NAMED).join(', ')}${more}`;
    }
    case 'wave':
      return `waits for the end of wave ${String(waiting.wave ?? 0)}`;
    case 'slot':
      return 'waits for a free slot';
    case 'pause':
      return `paused${at === '' ? '' : ` until ${at}`}${why}`;
    case 'retry':
      return `next attempt at ${at}`;
    case 'limit':
      return `waits for the end of a usage limit at ${at}`;
    case 'budget':
      return 'waits for budget that running agents have reserved';
    case 'machine':
      return `no new agents${why}`;
    case 'supervisor':
      return 'waits for the run to be continued';
    case 'merge_queue': {
      const before = (waiting.place ?? 1) - 1;
      return before === 0 ? 'next in the merge queue' : `in the merge queue behind ${counted(before, 'task')}`;
    }
    case 'pull_request':
      return `pull request${why === '' ? ' is open' : why}`;
  }
}
