import { o8 } from '../../core/base/text.js';
import { setTimeout as delay } from 'node:timers/promises';
import { decide, waitsForWorktrees, type Action, type Facts } from '../../core/run/decide.js';
import { giveUp } from '../../core/run/rules/give-up.js';
import { nextMoment } from '../../core/run/rules/next-moment.js';
import type { RunListener } from '../../core/run/run-listener.js';
import { isInMergeQueue, mergedCommit } from '../../core/run/task-state.js';
import { O8Error } from '../../core/base/errors.js';
import { AgentWatch } from '../attempts/agent-watch.js';
import { errorText } from '../run/error-text.js';
import { JobBoard } from './job-board.js';
import { MachineHoldBack } from '../run/hold-back.js';
import { endSetupProcesses, tasksWithSetupProcesses } from '../run/end-setup-processes.js';
import { mergeTasks } from '../merge/merge-queue.js';
import { Notifier } from './notifier.js';
import { prepareTask } from '../attempts/prepare-task.js';
import { Publisher } from './publish.js';
import { remember } from '../run/remember.js';
import { tidyMerged } from '../attempts/remove-worktree.js';
import { isSlow, RequestDesk } from '../requests/answer-requests.js';
import { isPublished, isUntidy } from '../../core/run/run-state.js';
import type { Outside } from '../run/outside.js';
import { plannedTask, recordOf, type Run } from '../run/run.js';
import { removeScratchWorktrees } from '../run/scratch-worktrees.js';
import { settleAttempt } from '../attempts/settle-attempt.js';
import { startTask } from '../attempts/start-task.js';
import type { Stopped } from '../../core/run/request-results.js';
import { abortTask, stopTree } from '../attempts/stop-task.js';
import { validateWave } from '../merge/validate-wave.js';
import { WakeUp } from './wake-up.js';
import { Wakefulness } from './wakefulness.js';

/** The loop runs at least this often while jobs or requests are under way or agents start. */
const TICK_MS = 250;
/** While agents only work: for their output and time limits. Their ends and requests wake the loop. */
const QUIET_TICK_MS = 1000;
/** More tasks rarely wait at the same time, and finding one that fails among 16 takes five runs of verify. */
const MOST_MERGES_AT_ONCE = 16;
/** Time until a full disk is checked again; agents keep running. */
const DISK_FULL_MS = 2000;

/**
 * The loop of a run: observe, serve requests, decide (core), act, record; until the run has finished and no requests
 * are left. Jobs run concurrently and wake the loop. A test can call each tick itself.
 */
export class Supervisor {
  private readonly wakeUp = new WakeUp();
  private readonly jobs: JobBoard;
  private readonly agents: AgentWatch;
  private readonly publisher: Publisher;
  private readonly desk: RequestDesk;
  private readonly notifier: Notifier;
  private readonly wakefulness: Wakefulness;
  private readonly machine: MachineHoldBack;
  private readonly stopped: Stopped[] = [];
  private merging: readonly string[] = [];
  /** Whether the last tick found nothing to do and nothing that waits for the next one. */
  private quiet = false;
  /** Where the work of tasks is merged whose worktree was removed, or has to stay. */
  private readonly tidied = new Map<string, string | null>();

  constructor(
    private readonly run: Run,
    newest: boolean,
    private readonly outside: readonly Outside[],
    listeners: readonly RunListener[] = [],
  ) {
    this.jobs = new JobBoard({
      log: run.log,
      ended: (key) => {
        if (key !== 'requests') this.wakeUp.now(); // a request that has to wait is checked with the next tick, not immediately
      },
      giveUp: (key, message) => this.giveUp(key, message),
    });
    this.agents = new AgentWatch(run, () => {
      this.wakeUp.now();
    });
    this.publisher = new Publisher(run, this.agents, newest, listeners);
    this.notifier = new Notifier(run);
    this.wakefulness = new Wakefulness(run);
    this.machine = new MachineHoldBack(run.plan);
    this.desk = new RequestDesk({
      run,
      mergesIdle: () => !this.jobs.has('merge') && !this.jobs.has('validate') && !mergesWaiting(run),
      isBusy: (task) => this.busyTasks().has(task),
      startStopping: (task) => {
        this.startJob(task, () => this.stop(task, 'paused'));
      },
      startJob: (key, work) => {
        this.jobs.start(key, work);
      },
      stopTask: (task) => this.stopForGood(task),
      stopped: this.stopped,
    });
  }

  async untilDone(): Promise<void> {
    this.wakeUp.watch(this.run);
    try {
      while (!(await this.isDone())) {
        await this.tickOrWaitForDisk();
        await this.wakeUp.within(this.untilNextTick());
      }
      await this.publisher.publish(await this.holdBack(), 'ended');
      await remember(this.run);
    } finally {
      this.wakeUp.close();
      this.agents.close();
      this.wakefulness.close();
    }
  }

  /** Removes what killed supervisors of the run left behind. `o8 doctor` lists what cannot be removed now. */
  async tidyUp(): Promise<void> {
    try {
      await removeScratchWorktrees(this.run);
    } catch (error) {
      this.run.log(`scratch worktrees not removed: ${errorText(error)}`);
    }
  }

  /** Sends the remaining notifications. Nothing is recorded any more. */
  async sayGoodbye(): Promise<void> {
    await this.notifier.close();
  }

  /**
   * One round of the loop. Throws if the lock or the journal is lost; this process must not write anything after that.
   */
  async tick(): Promise<void> {
    this.quiet = false;
    this.run.lease.assertHeld();
    this.jobs.throwIfBroken();
    await this.agents.observe(this.busyTasks());
    const requests = await this.desk.pending();
    await this.desk.servePauses(requests);
    if (!this.jobs.has('requests')) {
      await this.desk.serveAtOnce(requests); // before decisions, so that nothing is started after an abort
      const slow = requests.filter(isSlow);
      if (slow.length > 0) {
        this.jobs.start('requests', async () => {
          if ((await this.desk.serveInTime(slow)) === 'idle') this.wakeUp.now();
        });
      }
    } else {
      await this.desk.serveAborts(requests);
    }
    for (const each of this.outside) {
      const work = this.jobs.has(outsideKey(each)) ? null : each.due(this.busyTasks());
      if (work !== null) this.jobs.start(outsideKey(each), work);
    }
    const holdBack = await this.holdBack();
    const facts: Facts = {
      now: this.run.now(),
      busyTasks: this.busyTasks(),
      merging: this.jobs.has('merge') || this.deliveryWaits(),
      mergesAtOnce: this.jobs.wasSurprised('merge') ? 1 : MOST_MERGES_AT_ONCE,
      validating: this.jobs.has('validate'),
      agents: this.agents.facts(),
      withSetupProcesses: tasksWithSetupProcesses(this.run),
      untidy: this.untidy(),
      holdBack,
      moreTasks: this.outside.some(({ moreTasks }) => moreTasks),
    };
    const { plan, ledger } = this.run;
    const waits = holdBack ?? waitsForWorktrees(plan, ledger.state, facts);
    const actions = decide(plan, ledger.state, facts);
    for (const action of actions) await this.act(action);
    await this.publisher.publish(waits, 'alive');
    this.notifier.observe();
    this.wakefulness.observe(this.hasWork());
    this.quiet = actions.length === 0 && requests.length === 0 && this.jobs.isIdle() && !this.agents.anyStarts();
  }

  private untilNextTick(): number {
    const { run } = this;
    if (!this.quiet || run.ledger.state.phase.kind === 'finished') return TICK_MS;
    const now = run.now();
    const next = nextMoment(run.ledger.state, now);
    return next === null ? QUIET_TICK_MS : Math.min(QUIET_TICK_MS, next.getTime() - now.getTime());
  }

  /** A full disk pauses the run. Everything recorded is on disk, and agents keep running. */
  private async tickOrWaitForDisk(): Promise<void> {
    try {
      await this.tick();
    } catch (error) {
      if (!(error instanceof O8Error) || error.code !== 'disk_full') throw error;
      this.run.log(`waiting for disk space: ${error.message}`);
      await delay(DISK_FULL_MS);
    }
  }

  private busyTasks(): ReadonlySet<string> {
    const busy = this.jobs.busyTasks();
    return this.jobs.has('merge') ? new Set([...busy, ...this.merging]) : busy;
  }

  private untidy(): ReadonlySet<string> {
    const merged = [...this.run.ledger.state.tasks.values()].filter(isUntidy);
    return new Set(
      merged.filter(({ id, state }) => this.tidied.get(id) !== mergedCommit(state)).map((record) => record.id),
    );
  }

  private async act(action: Action): Promise<void> {
    const { run } = this;
    switch (action.kind) {
      case 'record':
        return run.ledger.record(action.event);
      case 'finish':
        await run.ledger.record({ type: 'run_finished', state: action.state });
        this.wakeUp.now();
        return;
      case 'prepare':
        this.startJob(action.task, () => prepareTask(run, plannedTask(run, action.task)));
        return;
      case 'start':
        this.startJob(action.task, () => startTask(run, plannedTask(run, action.task)));
        return;
      case 'settle':
        this.startJob(action.task, () => settleAttempt(run, this.agents, plannedTask(run, action.task), null));
        return;
      case 'tidy':
        this.startJob(action.task, async () => {
          await tidyMerged(run, plannedTask(run, action.task));
          this.tidied.set(action.task, mergedCommit(recordOf(run, action.task).state));
        });
        return;
      case 'end_setup':
        this.startJob(action.task, () => endSetupProcesses(run, action.task));
        return;
      case 'stop':
        this.startJob(action.task, () => this.stop(action.task, action.why));
        return;
      case 'merge':
        this.merging = action.tasks;
        this.jobs.start('merge', () =>
          mergeTasks(
            run,
            action.tasks.map((id) => plannedTask(run, id)),
          ),
        );
        return;
      case 'validate':
        this.jobs.start('validate', () => validateWave(run, action.wave));
        return;
    }
  }

  /** A run paused by the user has no work left when its agents have ended. */
  private hasWork(): boolean {
    const { phase, tasks } = this.run.ledger.state;
    if (phase.kind === 'finished') return false;
    if (phase.kind !== 'paused' || phase.until !== null) return true;
    return !this.jobs.isIdle() || [...tasks.values()].some(({ state }) => state.state === 'running');
  }

  private startJob(task: string, work: () => Promise<void>): void {
    this.jobs.start(`task:${task}`, work);
  }

  private async stop(
    task: string,
    why: 'aborted' | 'unguarded' | 'finished' | 'stalled' | 'timeout' | 'paused' | 'output',
  ): Promise<void> {
    if (why === 'aborted') {
      this.stopped.push(await abortTask(this.run, this.agents, task));
      return;
    }
    const { running } = await stopTree(this.run, task);
    await settleAttempt(this.run, this.agents, plannedTask(this.run, task), { why, running });
  }

  private async stopForGood(task: string): Promise<Stopped> {
    const stopped: Stopped[] = [];
    await this.jobs.run(`task:${task}`, async () => {
      stopped.push(await abortTask(this.run, this.agents, task));
    });
    const [first] = stopped;
    if (first === undefined)
      throw new O8Error('supervisor_failed', `could not stop ${task}`, o8('status', { run: this.run.plan.runId }));
    return first;
  }

  private async giveUp(key: string, why: string): Promise<void> {
    const { plan, ledger, redact } = this.run;
    const task = key === 'merge' ? this.merging[0] : /^task:(.*)$/s.exec(key)?.[1];
    if (key.startsWith(OUTSIDE)) return; // it is logged and tried again when it is due
    if (task === undefined) throw new Error(`${key}: ${redact(why)}`);
    const kind = key === 'merge' ? 'merge' : 'task';
    const event = giveUp(plan.runId, ledger.state, { kind, task }, redact(why));
    if (event !== null) await ledger.record(event);
  }

  /** What is delivered elsewhere waits for it to answer again; an abort does not. */
  private deliveryWaits(): boolean {
    const { delivery, ledger, now } = this.run;
    const until = delivery?.notBefore ?? null;
    return until !== null && now() < until && ledger.state.phase.kind !== 'aborting' && mergesWaiting(this.run);
  }

  private async holdBack(): Promise<string | null> {
    const waits = this.outside.map(({ holdBack }) => holdBack ?? null).find((why) => why !== null);
    return waits ?? this.machine.why();
  }

  private async isDone(): Promise<boolean> {
    if (this.run.ledger.state.phase.kind !== 'finished' || !this.jobs.isIdle()) return false;
    if (this.outside.some(({ isUnasked }) => isUnasked === true)) return false;
    return (await this.desk.pending()).length === 0;
  }
}

const OUTSIDE = 'outside:';

function outsideKey({ name }: Outside): string {
  return `${OUTSIDE}${name}`;
}

function mergesWaiting(run: Run): boolean {
  return run.plan.tasks.some(({ id }) => {
    const record = recordOf(run, id);
    return isInMergeQueue(record.state) && !isPublished(record);
  });
}
