import { isAtRest, taskOf, type RunState, type TaskRecord } from '../run/run-state.js';
import type { Plan } from '../plan/plan.js';
import { isClosed, type Issue } from './issue.js';
import { printable } from '../text/untrusted-text.js';

/** What a look at the queue means for a run, in the order in which it is done. */
export type LookStep =
  /** The issue was closed, or deleted, by somebody else before its agent began: dependents go on without it. */
  | { readonly kind: 'done_elsewhere'; readonly task: string; readonly closed: boolean; readonly note: string }
  /** It was reopened, or its claim was given up. */
  | { readonly kind: 'select'; readonly task: string }
  /** A person reset it: what there is of it is put aside. */
  | { readonly kind: 'begin_anew'; readonly task: string; readonly note: string }
  | { readonly kind: 'note'; readonly task: string; readonly note: string };

export interface LookFacts {
  readonly issues: ReadonlyMap<string, Issue>;
  /** Who o8 is. */
  readonly actor: string;
  /** The status that Beads has from us; nothing where it was told none, or is still to be told another. */
  readonly told: (task: string) => string | null;
  readonly isBusy: (task: string) => boolean;
  /** Nothing was started since this supervisor took the run over. */
  readonly isFirst: boolean;
}

/** What was changed in Beads by hand, of tasks that the run has. What an agent does is left to its end. */
export function lookAtTasks(plan: Plan, state: RunState, facts: LookFacts): readonly LookStep[] {
  return plan.tasks.flatMap((task): LookStep[] => {
    if (facts.isBusy(task.id)) return [];
    const record = taskOf(state, task.id);
    const issue = facts.issues.get(task.id) ?? null;
    if (issue === null || isClosed(issue)) return whenGone(record, issue);
    return whenThere(plan, record, issue, facts);
  });
}

function whenGone(record: TaskRecord, issue: Issue | null): LookStep[] {
  const what = issue === null ? 'deleted' : 'closed';
  const { state } = record;
  switch (state.state) {
    case 'skipped':
      if (issue === null || state.landed !== null) return [];
      return [{ kind: 'done_elsewhere', task: record.id, closed: true, note: 'closed in Beads' }];
    case 'queued':
    case 'blocked':
    case 'failed':
    case 'aborted':
      return [
        {
          kind: 'done_elsewhere',
          task: record.id,
          closed: issue !== null,
          note: `${what} in Beads by somebody else; not started`.replace(
            'not started',
            state.state === 'queued' || state.state === 'blocked' ? 'not started' : 'not tried again',
          ),
        },
      ];
    case 'worktree_created':
    case 'running':
    case 'merge_pending':
    case 'merge_conflict':
      return noteOf(record, `${what} in Beads before its work was merged; it goes on`);
    case 'complete':
      return [];
  }
}

function whenThere(plan: Plan, record: TaskRecord, issue: Issue, facts: LookFacts): LookStep[] {
  const { state } = record;
  const free = issue.assignee === null || issue.assignee === facts.actor;
  switch (state.state) {
    case 'skipped':
      if (plan.skip.includes(record.id) || !free || state.why === 'other_wave') return [];
      return issue.status === 'open' || (issue.status === 'in_progress' && issue.assignee === facts.actor)
        ? [{ kind: 'select', task: record.id }]
        : [];
    case 'failed':
    case 'aborted':
    case 'merge_conflict':
      return isReset(record, issue, facts) ? [anew(record)] : [];
    case 'worktree_created':
      // Later it may start at any moment.
      return facts.isFirst && isReset(record, issue, facts) ? [anew(record)] : [];
    case 'complete':
      if (issue.status !== 'open' || facts.told(record.id) !== 'closed') return [];
      return noteOf(record, 'reopened in Beads after it was merged; the same command works on it in a new run');
    case 'queued':
    case 'blocked':
    case 'running':
    case 'merge_pending':
      if (issue.assignee === null || free || state.state === 'queued' || state.state === 'blocked') return [];
      return noteOf(record, `assigned in Beads to ${printable(issue.assignee)} while o8 works on it`);
  }
}

/** We said that it is in progress or blocked, and somebody said that it is open. */
function isReset({ id }: TaskRecord, { status }: Issue, { told }: LookFacts): boolean {
  const last = told(id);
  return status === 'open' && (last === 'in_progress' || last === 'blocked');
}

function anew({ id }: TaskRecord): LookStep {
  return { kind: 'begin_anew', task: id, note: 'set to open in Beads by a person: begun anew' };
}

function noteOf(record: TaskRecord, note: string): LookStep[] {
  return record.notes.includes(note) ? [] : [{ kind: 'note', task: record.id, note }];
}

/**
 * Issues that will become ready without anybody else: all that they wait for is done by this run, or is already. They hold
 * the run. `waiting`: open issues of the selection that the run does not have, with what blocks them. `isClosing`: a
 * complete task that Beads will be told to close.
 */
export function waitsForUs(
  state: RunState,
  waiting: ReadonlyMap<string, readonly string[]>,
  isClosing: (task: string) => boolean,
): boolean {
  const ours = (id: string, seen: ReadonlySet<string>): boolean => {
    const record = state.tasks.get(id);
    if (record !== undefined) {
      return !isAtRest(record) || (record.state.state === 'complete' && isClosing(id));
    }
    const blockers = waiting.get(id);
    if (blockers === undefined || seen.has(id)) return false;
    return blockers.length > 0 && blockers.every((on) => ours(on, new Set(seen).add(id)));
  };
  return [...waiting.keys()].some((id) => ours(id, new Set()));
}
