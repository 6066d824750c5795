import { baseRef } from '../merge/landings.js';
import type { Plan } from '../plan/plan.js';
import { targetOf, wayToLand } from '../plan/target.js';
import type { JournalRecord } from '../run/events.js';
import { applyRecord, initialState } from '../run/replay.js';
import { isPublished, taskOf, type RunState } from '../run/run-state.js';
import { withMoment, type Report, type TaskMoment } from './reports.js';

/** The reports of all tasks, added up from a journal; the same records always give the same reports. */
export class TaskReports {
  private state: RunState;
  private readonly reports = new Map<string, readonly Report[]>();
  private count = 0;

  constructor(private readonly plan: Plan) {
    this.state = initialState(plan);
  }

  /** `records`: the whole journal, which has only grown since the last call. */
  read(records: readonly JournalRecord[]): void {
    for (const record of records.slice(this.count)) {
      this.state = applyRecord(this.state, record);
      for (const id of this.state.tasks.keys()) {
        this.reports.set(id, withMoment(this.of(id), momentOf(this.plan, this.state, id)));
      }
    }
    this.count = records.length;
  }

  of(task: string): readonly Report[] {
    return this.reports.get(task) ?? [];
  }
}

export function momentOf(plan: Plan, state: RunState, id: string): TaskMoment {
  const record = taskOf(state, id);
  const { pull, attempt, state: task } = record;
  const opened = pull?.opened?.number ?? null;
  return {
    state: task,
    attempt,
    // New work of a task is not in its pull request before it is pushed.
    pull: task.state === 'merge_pending' && !isPublished(record) ? null : opened,
    landed: task.state === 'complete' ? landedOnBase(plan, state, id, task.landed) : null,
  };
}

/** The commit on the base branch that has the work; null where it is only in the target. */
function landedOnBase(plan: Plan, state: RunState, id: string, merged: string): string | null {
  switch (wayToLand(targetOf(plan))) {
    case 'as_merged':
    case 'by_pull_request':
      return merged;
    case 'with_merge': {
      const landing = state.landings.findLast(
        ({ ref, undone, tasks }) => ref === baseRef(plan) && undone === null && tasks.includes(id),
      );
      return landing?.to ?? state.foundLanded?.commit ?? null;
    }
    case 'never':
      return null;
  }
}
