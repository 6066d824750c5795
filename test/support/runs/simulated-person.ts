import type { RunEvent } from '../../../src/core/run/events.js';
import type { TaskRecord } from '../../../src/core/run/run-state.js';
import { abortRun, canBeAborted } from '../../../src/core/run/rules/abort.js';
import { startedOver, continueSteps, mayContinue, type ContinueWish } from '../../../src/core/run/rules/continue.js';
import { giveUp } from '../../../src/core/run/rules/give-up.js';
import { pause, unpause } from '../../../src/core/run/rules/pause.js';
import { requeueForMerge, tipThatWaits } from '../../../src/core/run/rules/requeue.js';
import { isSettled } from '../../../src/core/run/task-state.js';
import type { RunHistory } from './run-history.js';
import type { RunPromises } from './run-promises.js';
import type { SimulatedWorld } from './simulated-world.js';

/** What a person or the machine does to the run, each once, at a time of chance. */
export const INTERVENTIONS = [
  ...(['abort', 'abort_task', 'merge', 'retry', 'skip', 'select', 'resume', 'crash', 'hold_back', 'look'] as const),
  ...(['limit', 'pause', 'pause_now', 'unpause', 'finish_late', 'surprise'] as const),
];
export type Intervention = (typeof INTERVENTIONS)[number];

/** What a person's wishes need of the loop. */
export interface Loop {
  readonly history: RunHistory;
  readonly promises: RunPromises;
  readonly world: SimulatedWorld;
  record(...events: readonly RunEvent[]): void;
  busyTasks(): ReadonlySet<string>;
  stopTask(task: string, why: 'aborted' | 'paused'): void;
  now(): Date;
  crash(): void;
  holdBack(): void;
  look(): void;
}

/** The actions of users and machines on a run, and their pending requests. */
export class SimulatedPerson {
  private readonly interventions: Intervention[];
  private pauses: { readonly agents: 'let_finish' | 'stop'; readonly stopped: Set<string> }[] = [];
  private wishes: ContinueWish[] = [];

  constructor(
    private readonly loop: Loop,
    interventions: readonly Intervention[],
  ) {
    this.interventions = [...interventions];
  }

  hasMore(): boolean {
    return this.interventions.length + this.pauses.length + this.wishes.length > 0;
  }

  wantsMore(): boolean {
    return this.interventions.length > 0;
  }

  /** The end is written by one job while another is just writing that there is more to do. */
  actsBesideTheEnd(): boolean {
    if (this.interventions[0] !== 'finish_late') return false;
    this.interventions.shift();
    return true;
  }

  intervene(): void {
    const { loop } = this;
    const intervention = this.interventions.shift();
    switch (intervention) {
      case 'abort':
        return loop.record(...abortRun(loop.history.state));
      case 'limit': {
        const until = new Date(loop.now().getTime() + 90_000).toISOString();
        return loop.record({ type: 'run_paused', reason: 'limit', until });
      }
      case 'pause':
        return void this.pauses.push({ agents: 'let_finish', stopped: new Set() });
      case 'pause_now':
        return void this.pauses.push({ agents: 'stop', stopped: new Set() });
      case 'unpause':
        return this.unpause();
      case 'hold_back':
        return loop.holdBack();
      case 'look':
        return loop.look();
      case 'crash':
        return loop.crash();
      case 'abort_task':
        return this.free(canBeAborted).forEach((id) => loop.stopTask(id, 'aborted'));
      case 'merge':
        return this.requeue();
      case 'surprise':
        return this.surprise();
      case 'retry':
        return this.wish({ retry: this.inState('failed', 'aborted') });
      case 'resume':
        return this.wish({ resume: true });
      case 'skip':
        return this.wish({ skip: this.free(({ state }) => ['queued', 'blocked', 'failed'].includes(state.state)) });
      case 'select':
        return this.wish({ select: this.free(({ state }) => state.state === 'skipped' && state.landed === null) });
      case 'finish_late':
      case undefined:
        return;
    }
  }

  /** Requests in the order in which the supervisor looks at them: a pause before anything continues. */
  serve(): void {
    const { history, promises } = this.loop;
    const isBusy = (task: string): boolean => this.loop.busyTasks().has(task);
    this.pauses = this.pauses.filter(({ agents, stopped }) => {
      const { events, stop, answer } = pause(history.state, { agents, isBusy, stopped });
      this.loop.record(...events);
      for (const task of stop) {
        stopped.add(task);
        this.loop.stopTask(task, 'paused');
      }
      if (answer?.kind === 'paused') promises.paused(answer.running, agents);
      return answer === null;
    });
    const [wish] = this.wishes;
    if (wish === undefined || !mayContinue(history.state, wish, isBusy)) return;
    this.wishes.shift();
    const before = new Map([...history.state.tasks].map(([id, { state }]) => [id, state.state]));
    for (const step of continueSteps(history.state, wish)) {
      this.loop.record(step.kind === 'record' ? step.event : startedOver(step.task));
    }
    promises.continued(wish, before);
  }

  unpause(): void {
    const { events, answer } = unpause(this.loop.history.state);
    this.loop.record(...events);
    if (answer.kind === 'resumed') this.loop.promises.unpaused();
  }

  private wish(wish: Partial<ContinueWish>): void {
    this.wishes.push({ select: [], skip: [], retry: [], ...wish });
  }

  /** A person asks for a merge of what waits for one. */
  private requeue(): void {
    const { history, world } = this.loop;
    for (const id of this.free(({ state }) => tipThatWaits(state) !== null)) {
      const unfinished = world.happens(5) ? 'changes' : null;
      const tip = world.happens(5) ? null : tipThatWaits(history.task(id).state);
      const now = { unfinished, tip, movedBack: world.happens(5) };
      const requeueing = requeueForMerge(now, true);
      this.loop.promises.requeuedForMerge(id, now, requeueing.kind === 'merge' ? requeueing.tip : null);
      if (requeueing.kind === 'merge')
        this.loop.record({ type: 'task_done', task: id, tip: requeueing.tip, commits: 1, notes: [] });
    }
  }

  /** A job on a task fails again and again. */
  private surprise(): void {
    const { history, promises } = this.loop;
    for (const task of this.free(({ state }) => !isSettled(state) && state.state !== 'running')) {
      const before = history.task(task).state.state;
      const kind = before === 'merge_pending' ? 'merge' : 'task';
      const event = giveUp(history.plan.runId, history.state, { kind, task }, 'git failed');
      if (event !== null) this.loop.record(event);
      promises.givenUp(task, before);
    }
  }

  private inState(...names: readonly string[]): string[] {
    return [...this.loop.history.state.tasks.values()]
      .filter(({ state }) => names.includes(state.state))
      .map(({ id }) => id);
  }

  /** One task by chance that nothing is being done for and that is as wanted; none when there is none. */
  private free(wanted: (record: TaskRecord) => boolean): string[] {
    const busy = this.loop.busyTasks();
    const tasks = [...this.loop.history.state.tasks.values()].filter(
      (record) => !busy.has(record.id) && wanted(record),
    );
    const task = tasks[tasks.length === 0 ? 0 : this.loop.world.chance(tasks.length)];
    return task === undefined ? [] : [task.id];
  }
}
