import { inTerminal } from '../../core/base/text.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { O8Error } from '../../core/base/errors.js';
import { reportError } from '../../core/text/report-error.js';
import type { Landing, ResultOf, Stopped } from '../../core/run/request-results.js';
import type { Request, RequestAnswer } from '../../core/run/requests.js';
import { isSettled, mergedCommit } from '../../core/run/task-state.js';
import { abortRun, canBeAborted } from '../../core/run/rules/abort.js';
import { mayContinue } from '../../core/run/rules/continue.js';
import { acceptHeld, requeueForMerge, tipThatWaits } from '../../core/run/rules/requeue.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { countOwnCommits } from '../../git/diff/changes.js';
import { unresolvedPaths } from '../../git/merge/conflict-checkout.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { isOwnWorktree } from '../../git/worktrees/own-worktree.js';
import { inspectWorktree } from '../../git/worktrees/worktrees.js';
import { answerRequest, isPending } from '../../store/runs/request-files.js';
import { RequestFolder } from '../../store/runs/request-folder.js';
import { cleanupRun } from './cleanup-run.js';
import { continueRun } from '../attempts/start-over.js';
import type { MergedNow } from '../run/delivery.js';
import type { CleanupResult } from '../../core/run/request-results.js';
import { takeCommands } from '../run/take-commands.js';
import { landTarget } from '../merge/land-target.js';
import { branchMovedBack } from '../merge/moved-refs.js';
import { pauseRun, unpauseRun, type PauseHost } from './pause-tasks.js';
import type { RunEvent } from '../../core/run/events.js';
import { restoreNotMerged } from '../attempts/restore-not-merged.js';
import { recordDone } from '../run/record-done.js';
import { resolveConflict } from '../merge/resolve-conflict.js';
import { plannedTask, recordOf, type Run } from '../run/run.js';
import { undoLandings } from '../merge/undo-landings.js';
import { pullRemote, targetName, targetOf, whyMergeLandsNothing } from '../../core/plan/target.js';

/** What requests need from the loop. */
export interface RequestHost extends PauseHost {
  readonly run: Run;
  readonly mergesIdle: () => boolean;
  readonly startJob: (key: string, work: () => Promise<void>) => void;
  readonly stopTask: (task: string) => Promise<Stopped>;
  /** What an abort of the whole run has stopped so far. */
  readonly stopped: readonly Stopped[];
}

type RequestOf<K extends Request['kind']> = Extract<Request, { kind: K }>;

/** Null if the request has to wait for the loop. */
type Attended = RequestAnswer | null;

/**
 * Carries out requests from tools. A request is answered when everything it requested is done and recorded. One that
 * has to wait stays pending and is tried again on the next tick. One that fails is answered with the error.
 */
export class RequestDesk {
  private readonly requeued = new Set<string>();
  /** Tasks whose agents have been stopped so far, by id of the pause request. */
  private readonly paused = new Map<string, Set<string>>();
  /** Merges that wait for the merger agent, by id of the request: what was said so far, and of which tasks it is asked. */
  private readonly reviewed = new Map<string, MergedNow>();
  private readonly folder: RequestFolder;

  constructor(private readonly host: RequestHost) {
    const { plan, home } = host.run;
    this.folder = new RequestFolder(home, plan.runId);
  }

  /** Unanswered requests, oldest first. A tick scans the folder at most once and serves all of them from this list. */
  async pending(): Promise<readonly Request[]> {
    return this.folder.pending();
  }

  /** Aborts come before everything else, even a landing that is being verified. */
  async serveAborts(requests: readonly Request[]): Promise<void> {
    for (const request of requests) {
      if (request.kind !== 'abort') continue;
      const { task } = request;
      this.host.run.delivery?.stopReviews(task);
      if (task === null) await this.serve(request, () => this.abortRun(request));
      else if (this.host.isBusy(task)) this.host.run.interrupts.interrupt(task);
      else
        this.host.startJob(`abort:${request.id}`, async () => {
          await this.serve(request, () => this.abortTask(request, task));
        });
    }
  }

  /** In order, and also during slow requests, because no agent may start after a pause was requested. */
  async servePauses(requests: readonly Request[]): Promise<void> {
    for (const request of requests) {
      if (request.kind !== 'pause' && request.kind !== 'unpause') continue;
      if (!(await this.serve(request, () => this.pauseOrGoOn(request)))) return;
    }
  }

  /** Requests that change tasks the loop decides about. Called between two decisions, never during one. */
  async serveAtOnce(requests: readonly Request[]): Promise<void> {
    await this.serveAborts(requests);
    for (const request of requests) {
      if (request.kind === 'continue') await this.serve(request, () => this.continue(request));
    }
  }

  /** Slow requests (verifying a landing, removing worktrees), oldest first, concurrently with the loop. */
  async serveInTime(requests: readonly SlowRequest[]): Promise<'idle' | 'waiting'> {
    let waiting = false;
    for (const request of requests) {
      if (!this.isUnderReview(request) && (await this.serve(request, () => this.attend(request)))) continue;
      // In order: a later request must not overtake. But a review takes minutes, and changes nothing.
      if (!this.isUnderReview(request)) return 'waiting';
      waiting = true;
    }
    return waiting ? 'waiting' : 'idle';
  }

  /** False while the request has to wait. One that was answered or withdrawn since the scan is skipped. */
  private async serve(request: Request, work: () => Promise<Attended>): Promise<boolean> {
    const { plan, home, ledger, log } = this.host.run;
    if (!isPending(home, plan.runId, request.id)) return true;
    let result: Attended;
    try {
      result = await work();
    } catch (error) {
      if (error instanceof O8Error && ['lease_lost', 'journal_damaged', 'disk_full'].includes(error.code)) throw error;
      const { code, message, hint } = reportError(error);
      log(
        `${request.kind} request failed: ${inTerminal(message)}${error instanceof Error ? `\n${error.stack ?? ''}` : ''}`,
      );
      result = { kind: 'refused', code, message, hint };
    }
    if (result === null) return false;
    await ledger.record({ type: 'request_done', request: request.id });
    await answerRequest(home, plan.runId, request.id, result);
    return true;
  }

  private async attend(request: SlowRequest): Promise<Attended> {
    const { run } = this.host;
    switch (request.kind) {
      case 'merge':
        return this.merge(request);
      case 'resolve':
        return done<'resolve'>({ resolution: await resolveConflict(run, plannedTask(run, request.task)) });
      case 'undo':
        return done<'undo'>({ undone: await undoLandings(run, request.task) });
      case 'cleanup':
        return done<'cleanup'>(await cleanupRun(run, request));
    }
  }

  private async pauseOrGoOn(request: RequestOf<'pause' | 'unpause'>): Promise<Attended> {
    const { run } = this.host;
    if (request.kind === 'unpause') return done<'unpause'>(await unpauseRun(run));
    const stopped = this.paused.get(request.id) ?? new Set();
    this.paused.set(request.id, stopped);
    const result = await pauseRun(run, request, this.host, stopped);
    return result === null ? null : done<'pause'>(result);
  }

  private async continue(request: RequestOf<'continue'>): Promise<Attended> {
    const { run } = this.host;
    if (!mayContinue(run.ledger.state, request, (task) => this.host.isBusy(task))) return null;
    if (request.commands !== undefined) await takeCommands(run, request.commands);
    await continueRun(run, request);
    if (request.resume === true) await requeueAll(run, null);
    return done<'continue'>({ runId: run.plan.runId });
  }

  private async abortRun(request: RequestOf<'abort'>): Promise<Attended> {
    const { run } = this.host;
    await run.ledger.record(...abortRun(run.ledger.state));
    if (run.ledger.state.phase.kind !== 'finished') {
      run.interrupts.interruptAll();
      return null;
    }
    return done<'abort'>({ stopped: [...this.host.stopped], cleanup: await this.cleanupAfter(request) });
  }

  private async abortTask(request: RequestOf<'abort'>, task: string): Promise<Attended> {
    const { run } = this.host;
    const stopped = canBeAborted(recordOf(run, task)) ? await this.host.stopTask(task) : null;
    return done<'abort'>({ stopped: stopped === null ? [] : [stopped], cleanup: await this.cleanupAfter(request) });
  }

  private async cleanupAfter({ cleanup, task, except }: RequestOf<'abort'>): Promise<CleanupResult | null> {
    return cleanup ? cleanupRun(this.host.run, { task, except, force: false, dryRun: false }) : null;
  }

  private async land({ task, into }: RequestOf<'merge'>): Promise<Landing> {
    const { run } = this.host;
    const target = targetOf(run.plan);
    const nothing = (reason: string): Landing => ({ kind: 'nothing', reason });
    const why = whyMergeLandsNothing(target);
    if (why !== null) return nothing(why);
    if (into === 'integration') return nothing(`only ${targetName(target)} was requested`);
    const upTo = task === null ? null : mergedCommit(recordOf(run, task).state);
    if (task !== null && upTo === null) return nothing(`${task} is not merged`);
    return landTarget(run, upTo);
  }

  /** First tasks that wait for the user are queued again; when the queue is empty, the target lands. */
  private async merge(request: RequestOf<'merge'>): Promise<Attended> {
    const { run } = this.host;
    if (!this.requeued.has(request.id)) {
      this.requeued.add(request.id);
      const { strategy } = request;
      if (strategy !== null && strategy !== run.ledger.state.strategy)
        await run.ledger.record({ type: 'strategy_chosen', strategy });
      if (request.acceptHeld === true && request.task !== null) await recordAccepted(run, request.task);
      await requeueAll(run, request.task);
      return null;
    }
    if (!this.host.mergesIdle() || isEnding(run)) return null;
    const landing = await this.land(request);
    const { delivery } = run;
    if (delivery === null) return done<'merge'>({ landing });
    const now = await delivery.mergeNow(request.task, { review: request.noReview !== true });
    const before = this.reviewed.get(request.id)?.pulls ?? [];
    const pulls = [...before.filter(({ task }) => !now.pulls.some((each) => each.task === task)), ...now.pulls];
    this.reviewed.set(request.id, { ...now, pulls });
    if (now.reviewed.length > 0) return null;
    this.reviewed.delete(request.id);
    return done<'merge'>({ landing, pulls });
  }

  private isUnderReview({ id }: Request): boolean {
    const tasks = this.reviewed.get(id)?.reviewed ?? [];
    return tasks.some((task) => this.host.run.delivery?.isReviewed(task) === true);
  }
}

/**
 * All tasks are settled and only the end has to be recorded; an answer before that would say that the run is active.
 */
function isEnding({ ledger }: Run): boolean {
  const { phase, tasks } = ledger.state;
  return phase.kind === 'running' && [...tasks.values()].every(({ state }) => isSettled(state));
}

/** For `serveInTime`. */
export type SlowRequest = RequestOf<'merge' | 'resolve' | 'undo' | 'cleanup'>;

export function isSlow(request: Request): request is SlowRequest {
  return ['merge', 'resolve', 'undo', 'cleanup'].includes(request.kind);
}

/** Accepts the held changes that were shown; a branch that has moved since is checked again. */
async function recordAccepted(run: Run, id: string): Promise<void> {
  const tip = await resolveCommit(run.repo, `refs/heads/${plannedTask(run, id).branch}`);
  const event = acceptHeld(recordOf(run, id), tip);
  if (event !== null) await run.ledger.record(event);
}

/** Queues tasks that wait for the user again. `only`: just this task, with an error if that is not possible. */
async function requeueAll(run: Run, only: string | null): Promise<void> {
  for (const task of run.plan.tasks) {
    if (only !== null && task.id !== only) continue;
    const { state, start } = recordOf(run, task.id);
    const known = tipThatWaits(state);
    if (known === null) continue;
    const unfinished = await unfinishedWork(run, task);
    // The branch may have been deleted; a ref keeps its last known commit.
    const tip = (await resolveCommit(run.repo, `refs/heads/${task.branch}`)) ?? (await resolveCommit(run.repo, known));
    const movedBack = tip !== null && tip !== known && (await isAncestor(run.repo, tip, known));
    const requeueing = requeueForMerge({ unfinished, tip, movedBack }, only !== null);
    switch (requeueing.kind) {
      case 'leave':
        continue;
      case 'refuse':
        throw requeueing.why === 'unfinished'
          ? unfinishedError(task, unfinished ?? '')
          : movedBackError(run, task, { known, tip: tip ?? known });
      case 'merge': {
        const { tip: done, pushed } = await pullTip(run, task, requeueing.tip);
        const commits = start === null ? 0 : await countOwnCommits(run.repo, start, done);
        await recordDone(run, { task: task.id, tip: done, commits, notes: [] }, pushed);
      }
    }
  }
}

/**
 * A forge merges a branch as it is, so that what is not merged has to be gone from it. `pushed`: a person has pushed the
 * branch as it was before that.
 */
async function pullTip(run: Run, task: PlannedTask, tip: string): Promise<{ tip: string; pushed: RunEvent[] }> {
  const remote = pullRemote(targetOf(run.plan));
  const done = remote === null ? tip : await restoreNotMerged(run, task, tip);
  if (done === tip) return { tip, pushed: [] };
  const isPushed = (await resolveCommit(run.repo, `refs/remotes/${remote ?? ''}/${task.branch}`)) === tip;
  return { tip: done, pushed: isPushed ? [{ type: 'branch_pushed', task: task.id, commit: tip }] : [] };
}

function unfinishedError(task: PlannedTask, what: string): O8Error {
  const hint = `git -C ${shellQuote(task.worktree)} commit   (then the same command again)`;
  return new O8Error('refused', what, hint);
}

function movedBackError(run: Run, task: PlannedTask, moved: Parameters<typeof branchMovedBack>[2]): O8Error {
  const { reason, hint } = branchMovedBack(run, task, moved);
  return new O8Error('refused', reason, hint);
}

/**
 * Describes uncommitted changes or an unfinished merge in a task's worktree, which would not be merged; null if there
 * are none.
 */
async function unfinishedWork(run: Run, task: PlannedTask): Promise<string | null> {
  if (!(await isOwnWorktree(task.worktree, run.plan.runId))) return null;
  const { operation, changes } = await inspectWorktree(task.worktree);
  if (operation !== null) {
    const files = await unresolvedPaths(task.worktree);
    const open = files.length === 0 ? '' : ` (conflicts in ${files.slice(0, 5).join(', ')})`;
    return `${task.worktree} has an unfinished ${operation}${open}`;
  }
  const changed = changes.filter(({ untracked }) => !untracked);
  return changed.length === 0
    ? null
    : `${task.worktree} has uncommitted changes: ${changed
        .map(({ path }) => path)
        .slice(0, 5)
        .join(', ')}`;
}

function done<K extends Request['kind']>(result: ResultOf<K>): RequestAnswer {
  return { kind: 'done', result };
}
