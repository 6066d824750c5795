import type { FailureReason, TaskState } from '../run/task-state.js';

/*
 * What Beads is told of a task, in order:
 *
 *   spawned -> working -> committed -> pr_created -> merged
 *
 * and from any of these to failed, conflict or aborted. A new attempt begins at spawned again. It is added up from the
 * changes of a task, so that the same journal always gives the same list: what was told is a number of its steps.
 */

export type Report =
  | { readonly kind: 'spawned' | 'working' | 'committed' | 'aborted'; readonly attempt: number }
  | { readonly kind: 'pr_created'; readonly attempt: number; readonly pull: number }
  | { readonly kind: 'merged'; readonly attempt: number; readonly commit: string }
  | { readonly kind: 'failed'; readonly attempt: number; readonly reason: FailureReason; readonly message: string }
  | { readonly kind: 'conflict'; readonly attempt: number; readonly files: readonly string[] };

/** A task at one moment. */
export interface TaskMoment {
  readonly state: TaskState;
  /** Of the last attempt, 0 before the first. */
  readonly attempt: number;
  /** Of its open or merged pull request; null where there is none (yet). */
  readonly pull: number | null;
  /** The commit on the base branch that has its work; null before it landed. */
  readonly landed: string | null;
}

/** In the order in which a task goes through them. */
const PHASES = ['spawned', 'working', 'committed', 'pr_created', 'merged'] as const;
type Phase = (typeof PHASES)[number];

/** The reports of a task after one more change of it: `before` with what is new. No phase is skipped. */
export function withMoment(before: readonly Report[], now: TaskMoment): readonly Report[] {
  const last = before.at(-1) ?? null;
  const added = newReports(last, now);
  return added.length === 0 ? before : [...before, ...added];
}

/** All changes of a task to its reports. */
export function reportsOf(moments: readonly TaskMoment[]): readonly Report[] {
  return moments.reduce<readonly Report[]>(withMoment, []);
}

function newReports(last: Report | null, now: TaskMoment): Report[] {
  const { state, attempt, pull, landed } = now;
  switch (state.state) {
    case 'queued':
    case 'blocked':
    case 'skipped':
      return [];
    case 'worktree_created':
      return upTo(last, 'spawned', { ...now, attempt: attempt + 1 });
    case 'running':
      return upTo(last, 'working', now);
    case 'merge_pending':
      return upTo(last, pull === null ? 'committed' : 'pr_created', now);
    case 'complete':
      if (landed !== null) return upTo(last, 'merged', now);
      return last?.kind === 'merged' ? [] : upTo(last, pull === null ? 'committed' : 'pr_created', now);
    case 'failed': {
      const { reason, message } = state;
      if (last?.kind === 'failed' && last.attempt >= attempt) return [];
      return [...reached(last, reason, now), { kind: 'failed', attempt, reason, message }];
    }
    case 'merge_conflict': {
      const { files } = state;
      if (last?.kind === 'conflict' && last.files.join('\0') === files.join('\0')) return [];
      const before = last?.kind === 'pr_created' || last?.kind === 'conflict' ? [] : upTo(last, 'committed', now);
      return [...before, { kind: 'conflict', attempt, files }];
    }
    case 'aborted':
      return last === null || last.kind === 'aborted' || last.kind === 'merged' ? [] : [{ kind: 'aborted', attempt }];
  }
}

/** What a task that failed has reached, which may be more than was seen of it. */
function reached(last: Report | null, reason: FailureReason, now: TaskMoment): Report[] {
  if (now.attempt === 0 || (last !== null && last.attempt > now.attempt)) return []; // before its agent ran
  if (last !== null && isPhase(last) && last.attempt === now.attempt && rank(last.kind) >= rank('committed')) return [];
  return upTo(last, reason === 'verify_failed' || reason === 'scope_violation' ? 'committed' : 'working', now);
}

/** The phases from the last one to this one. */
function upTo(last: Report | null, to: Phase, now: TaskMoment): Report[] {
  const done = last === null ? -1 : rankAfter(last, to, now);
  return PHASES.slice(done + 1, rank(to) + 1).flatMap((phase) => phaseReport(phase, now));
}

/** The rank of the last phase that still counts: -1 where a new attempt begins. */
function rankAfter(last: Report, to: Phase, now: TaskMoment): number {
  switch (last.kind) {
    case 'failed':
    case 'aborted':
      return to === 'merged' || to === 'committed' || to === 'pr_created' ? rank('working') : -1;
    case 'conflict':
      return to === 'spawned' || to === 'working' ? -1 : rank('working');
    case 'spawned':
    case 'working':
    case 'committed':
    case 'pr_created':
    case 'merged': {
      if (now.attempt > last.attempt) return -1;
      if (last.kind === 'pr_created' && to === 'pr_created' && last.pull !== now.pull) return rank('committed');
      if (last.kind === 'merged') return to === 'spawned' || to === 'working' ? -1 : rank('merged');
      // Back to an earlier phase: it was stopped by a limit, or what it did is looked at again.
      if (rank(to) < rank(last.kind)) return to === 'spawned' || to === 'working' ? -1 : rank(to) - 1;
      return rank(last.kind);
    }
  }
}

function isPhase(report: Report): report is Extract<Report, { kind: Phase }> {
  return report.kind !== 'failed' && report.kind !== 'conflict' && report.kind !== 'aborted';
}

function rank(phase: Phase): number {
  return PHASES.indexOf(phase);
}

function phaseReport(phase: Phase, { attempt, pull, landed }: TaskMoment): Report[] {
  switch (phase) {
    case 'spawned':
    case 'working':
    case 'committed':
      return [{ kind: phase, attempt }];
    case 'pr_created':
      return pull === null ? [] : [{ kind: phase, attempt, pull }];
    case 'merged':
      return landed === null ? [] : [{ kind: phase, attempt, commit: landed }];
  }
}
