import type { JournalRecord, RunEvent } from '../../../src/core/run/events.js';
import type { Plan } from '../../../src/core/plan/plan.js';
import { applyRecord, initialState } from '../../../src/core/run/replay.js';
import { taskOf, type RunState, type TaskRecord } from '../../../src/core/run/run-state.js';
import type { TaskStateName } from '../../../src/core/run/task-state.js';

const FIRST = Date.parse('2026-11-21T08:05:12.000Z');

/** When the record with this number was written: one second after the one before. */
export function timeOf(seq: number): string {
  return new Date(FIRST + seq * 1000).toISOString();
}

/** A run's journal in memory, and its current state. */
export class RunHistory {
  readonly records: JournalRecord[] = [];
  state: RunState;

  constructor(readonly plan: Plan) {
    this.state = initialState(plan);
  }

  record(...events: readonly RunEvent[]): this {
    for (const event of events) {
      const seq = this.state.seq + 1;
      const record = { seq, at: timeOf(seq), event };
      this.state = applyRecord(this.state, record);
      this.records.push(record);
    }
    return this;
  }

  task(id: string): TaskRecord {
    return taskOf(this.state, id);
  }

  /** Brings a queued task into a state with as few events as possible. */
  lead(id: string, to: TaskStateName): this {
    return this.record(...wayTo(id, to));
  }
}

export function attemptEnded(task: string, attempt = 1, costUsd = 0): RunEvent {
  return { type: 'attempt_ended', task, attempt, exit: { kind: 'exited', code: 0 }, costUsd, tokens: costUsd * 1000 };
}

export function taskDone(task: string, commits = 1): RunEvent {
  return { type: 'task_done', task, tip: `tip-${task}`, commits, notes: [] };
}

function wayTo(task: string, to: TaskStateName): RunEvent[] {
  switch (to) {
    case 'queued':
      return [];
    case 'worktree_created':
      return [
        { type: 'worktree_intended', task, start: 'start' },
        { type: 'worktree_created', task, start: 'start' },
      ];
    case 'running':
      return [
        ...wayTo(task, 'worktree_created'),
        { type: 'attempt_intended', task, attempt: 1, attemptId: `${task}.1`, sessionId: null, budgetUsd: null },
        { type: 'attempt_started', task, attempt: 1, pid: 4711 },
      ];
    case 'merge_pending':
      return [...wayTo(task, 'running'), attemptEnded(task), taskDone(task)];
    case 'merge_conflict':
      return [
        ...wayTo(task, 'merge_pending'),
        {
          type: 'task_conflicted',
          task,
          files: ['src/app.js'],
          targetCommit: 't'.repeat(40),
          branchCommit: 'b'.repeat(40),
        },
      ];
    case 'complete':
      return [...wayTo(task, 'merge_pending'), { type: 'task_merged', task, landed: `landed-${task}` }];
    case 'failed':
      return [
        ...wayTo(task, 'running'),
        attemptEnded(task),
        { type: 'task_failed', task, reason: 'exit_1', message: 'the agent exited with code 1' },
      ];
    case 'blocked':
      return [{ type: 'task_blocked', task, by: ['other'] }];
    case 'skipped':
      return [{ type: 'task_skipped', task, why: 'user', landed: null }];
    case 'aborted':
      return [{ type: 'task_aborted', task }];
  }
}
