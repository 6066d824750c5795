import * as z from 'zod';
import { sourceOf } from '../plan/sources.js';
import type { Plan } from '../plan/plan.js';
import type { RunState } from '../run/run-state.js';
import { TASK_STATE_NAMES } from '../run/task-state.js';

/**
 * One task of a finished run. Times are ISO 8601; `minutes` from its first start to its last end, null if it never ran.
 */
export const historyRecordSchema = z.object({
  version: z.literal(1),
  runId: z.string(),
  plan: z.string(),
  runState: z.enum(['completed', 'failed', 'aborted']),
  endedAt: z.string(),
  task: z.string(),
  outcome: z.enum(TASK_STATE_NAMES),
  reason: z.string().nullable(),
  attempts: z.number(),
  minutes: z.number().nullable(),
  costUsd: z.number(),
  tokens: z.number(),
});
export type HistoryRecord = z.infer<typeof historyRecordSchema>;

/** The history records of a finished run, one per task that was not skipped. Empty while the run is not finished. */
export function historyOf(plan: Plan, state: RunState): HistoryRecord[] {
  const { phase } = state;
  if (phase.kind !== 'finished') return [];
  const ends = [...state.tasks.values()].flatMap(({ finishedAt }) => finishedAt ?? []);
  const endedAt = ends.reduce((last, end) => (end > last ? end : last), plan.createdAt);
  return [...state.tasks.values()]
    .filter((task) => task.state.state !== 'skipped')
    .map((task) => ({
      version: 1,
      runId: plan.runId,
      plan: sourceOf(plan.source).name,
      runState: phase.state,
      endedAt,
      task: task.id,
      outcome: task.state.state,
      reason: task.state.state === 'failed' ? task.state.reason : null,
      attempts: task.attempt,
      minutes: minutesBetween(task.startedAt, task.finishedAt),
      costUsd: task.costUsd,
      tokens: task.tokens,
    }));
}

/** Replaces the records of one run. */
export function withRun(records: readonly HistoryRecord[], run: readonly HistoryRecord[]): HistoryRecord[] {
  const ids = new Set(run.map(({ runId }) => runId));
  return [...records.filter(({ runId }) => !ids.has(runId)), ...run];
}

export interface HistoryRun {
  readonly runId: string;
  readonly plan: string;
  readonly state: HistoryRecord['runState'];
  readonly endedAt: string;
  readonly tasks: readonly HistoryRecord[];
  readonly costUsd: number;
  readonly tokens: number;
}

/** Newest first. */
export function historyRuns(records: readonly HistoryRecord[]): HistoryRun[] {
  const runs = new Map<string, HistoryRecord[]>();
  for (const record of records) runs.set(record.runId, [...(runs.get(record.runId) ?? []), record]);
  return [...runs.values()]
    .flatMap((tasks): HistoryRun[] => {
      const [first] = tasks;
      if (first === undefined) return [];
      const { runId, plan, runState: state, endedAt } = first;
      const sum = (figure: 'costUsd' | 'tokens') => tasks.reduce((total, task) => total + task[figure], 0);
      return [{ runId, plan, state, endedAt, tasks, costUsd: sum('costUsd'), tokens: sum('tokens') }];
    })
    .sort((a, b) => (a.endedAt < b.endedAt ? 1 : -1));
}

/** The expected duration of a task in minutes: the median of completed tasks with the same name, otherwise of all. */
export interface Estimate {
  readonly minutes: number;
  readonly from: 'same task' | 'all tasks';
  readonly count: number;
}

export function estimateFrom(records: readonly HistoryRecord[], task: string): Estimate | null {
  const done = records.filter(({ outcome, minutes }) => outcome === 'complete' && minutes !== null);
  const same = done.filter((record) => record.task === task);
  const used = same.length > 0 ? same : done;
  const minutes = median(used.flatMap((record) => record.minutes ?? []));
  if (minutes === null) return null;
  return { minutes, from: same.length > 0 ? 'same task' : 'all tasks', count: used.length };
}

function median(numbers: readonly number[]): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}

function minutesBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  return Math.round((new Date(to).getTime() - new Date(from).getTime()) / 600) / 100;
}
