import type { Request, RequestResult } from '../core/requests.js';
import { isSettled, landedCommit } from '../core/task-state.js';
import { resolveCommit } from '../git/refs.js';
import { countCommits } from '../git/changes.js';
import { answerRequest, pendingRequests } from '../store/requests.js';
import { cleanupRun } from './cleanup-run.js';
import { continueRun } from './continue-run.js';
import { landTarget } from './land-target.js';
import { recordOf, type Run } from './run.js';
import type { Stopped } from './stop-task.js';

/** What requests need of the loop: is the merge queue empty, and stopping one task's agent. */
export interface RequestHost {
  readonly run: Run;
  readonly mergesIdle: () => boolean;
  readonly isBusy: (task: string) => boolean;
  readonly stopTask: (task: string) => Promise<Stopped>;
  /** What an abort of the whole run has stopped so far. */
  readonly stopped: readonly Stopped[];
}

/**
 * Carries out what tools asked for, oldest first. A request is answered once what it asked for is done and
 * recorded; one that has to wait for the loop stays pending and is looked at again on the next tick.
 */
export class RequestDesk {
  private readonly requeued = new Set<string>();

  constructor(private readonly host: RequestHost) {}

  async serve(): Promise<'idle' | 'waiting'> {
    const { plan } = this.host.run;
    const pending = await pendingRequests(plan.root, plan.runId);
    for (const request of pending) {
      const result = await this.attend(request);
      if (result === null) return 'waiting'; // in order: a later request must not overtake
      await answerRequest(plan.root, plan.runId, request.id, result);
      await this.host.run.ledger.record({ type: 'request_done', request: request.id });
    }
    return 'idle';
  }

  private async attend(request: Request): Promise<RequestResult | null> {
    switch (request.kind) {
      case 'abort':
        return request.task === null ? this.abortRun(request) : this.abortTask(request, request.task);
      case 'merge':
        return this.merge(request);
      case 'cleanup':
        return done(await cleanupRun(this.host.run, request));
      case 'continue':
        await continueRun(this.host.run, request);
        return done({ runId: this.host.run.plan.runId });
    }
  }

  private async abortRun(request: Extract<Request, { kind: 'abort' }>): Promise<RequestResult | null> {
    const { run } = this.host;
    const { phase } = run.ledger.state;
    if (phase.kind === 'running' || phase.kind === 'paused') await run.ledger.record({ type: 'run_aborting' });
    if (run.ledger.state.phase.kind !== 'finished') return null;
    const cleaned = request.cleanup ? await cleanupRun(run, { task: null, force: false, dryRun: false }) : null;
    return done({ stopped: this.host.stopped, cleanup: cleaned });
  }

  private async abortTask(request: Extract<Request, { kind: 'abort' }>, task: string): Promise<RequestResult | null> {
    const { run } = this.host;
    if (!run.plan.tasks.some(({ id }) => id === task)) return refused(`run ${run.plan.runId} has no task ${task}`);
    if (this.host.isBusy(task)) return null;
    const stopped = isSettled(recordOf(run, task).state) ? null : await this.host.stopTask(task);
    const cleaned = request.cleanup ? await cleanupRun(run, { task, force: false, dryRun: false }) : null;
    return done({ stopped: stopped === null ? [] : [stopped], cleanup: cleaned });
  }

  /** First what waits for a person goes back into the queue, then, when the queue is empty, the target lands. */
  private async merge(request: Extract<Request, { kind: 'merge' }>): Promise<RequestResult | null> {
    const { run } = this.host;
    if (!this.requeued.has(request.id)) {
      this.requeued.add(request.id);
      await requeueForMerge(run, request.task);
      return null;
    }
    if (!this.host.mergesIdle()) return null;
    const { plan } = run;
    const landsElsewhere =
      plan.target.branch !== plan.base.branch && request.into !== 'integration' && plan.target.branch !== null;
    const upTo = request.task === null ? null : landedCommit(recordOf(run, request.task).state);
    const landing =
      landsElsewhere && (request.task === null || upTo !== null)
        ? await landTarget(run, upTo)
        : { kind: 'nothing' as const, reason: landsElsewhere ? 'the task is not merged' : 'nothing to land' };
    return done({ landing });
  }
}

async function requeueForMerge(run: Run, only: string | null): Promise<void> {
  for (const task of run.plan.tasks) {
    if (only !== null && task.id !== only) continue;
    const { state, start } = recordOf(run, task.id);
    const waits = state.state === 'merge_conflict' || (state.state === 'merge_pending' && state.hold !== null);
    if (!waits) continue;
    const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
    if (tip === null) continue;
    const commits = start === null ? 0 : await countCommits(run.repo, start, tip);
    await run.ledger.record({ type: 'task_done', task: task.id, tip, commits, notes: [] });
  }
}

function done(result: unknown): RequestResult {
  return { kind: 'done', result };
}

function refused(message: string): RequestResult {
  return { kind: 'refused', code: 'refused', message, hint: 'o8 status' };
}
