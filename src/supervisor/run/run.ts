import type { Redactor } from '../../core/text/redact.js';
import type { CriticalSection, Lease } from '../../core/base/lease.js';
import type { Plan, PlannedTask } from '../../core/plan/plan.js';
import { taskOf, type TaskRecord } from '../../core/run/run-state.js';
import type { RunBranches } from '../../git/findings/moved-branches.js';
import type { Repository } from '../../git/door/repository.js';
import { attemptPaths, runPaths, type RunHome } from '../../store/files/paths.js';
import type { PullDelivery } from './delivery.js';
import type { Interrupts } from './interrupts.js';
import type { Claims } from './claims.js';
import type { Ledger } from './ledger.js';
import type { Turns } from './turns.js';
import type { VerifyNumbers } from './verify-numbers.js';
import { attemptRef } from '../../core/plan/own-refs.js';
import type { Place, PlacedAttempt } from '../../core/run/place.js';

/** Everything a job of the supervisor needs; created once, when the supervisor has the lock. */
export interface Run {
  readonly plan: Plan;
  readonly home: RunHome;
  readonly repo: Repository;
  readonly lease: Lease;
  readonly ledger: Ledger;
  /** Serialises, between processes, adding and removing worktrees and writing shared git files. */
  readonly serialise: CriticalSection;
  readonly env: NodeJS.ProcessEnv;
  readonly redact: Redactor;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  readonly interrupts: Interrupts;
  readonly verifyNumbers: VerifyNumbers;
  /** By task: who inspects and removes its worktree, because two at once would see each other's half. */
  readonly removals: Turns;
  /** Where proven work goes when o8 does not move the target itself; null: it does. */
  readonly delivery: PullDelivery | null;
  /** Where its attempts run. */
  readonly place: Place;
  /** Whose its tasks are, where others may take them. */
  readonly claims?: Claims;
}

export function plannedTask(run: Run, id: string): PlannedTask {
  const task = run.plan.tasks.find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`plan ${run.plan.runId} has no task ${id}`);
  return task;
}

export function recordOf(run: Run, id: string): TaskRecord {
  return taskOf(run.ledger.state, id);
}

export function attemptOf(run: Run, id: string, attempt: number): ReturnType<typeof attemptPaths> {
  return attemptPaths(run.home, run.plan.runId, id, attempt);
}

export function filesOf(run: Run): ReturnType<typeof runPaths> {
  return runPaths(run.home, run.plan.runId);
}

/** Unique among all runs on the machine; marks the process tree of an attempt so that it can be found again. */
export function attemptId(run: Run, id: string, attempt: number): string {
  return `${run.plan.runId}.${id}.${String(attempt)}`;
}

/** The attempt as passed to its place. */
export function placedAttempt(run: Run, id: string, attempt: number): PlacedAttempt {
  return { attemptId: attemptId(run, id, attempt), dir: attemptOf(run, id, attempt).dir };
}

/** The ref that keeps the commits of a task's last attempt when its branch is removed or starts over. */
export function lastAttemptRef(run: Run, id: string): string {
  return attemptRef(run.plan.runId, id, recordOf(run, id).attempt);
}

/** For functions that check the positions of base and target. */
export function branchesOf({ repo, plan, ledger }: Run): RunBranches {
  return { repo, plan, landings: ledger.state.landings };
}
