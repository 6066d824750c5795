import { decide, type Action } from '../../../src/core/run/decide.js';
import type { AttemptExit, RunEvent } from '../../../src/core/run/events.js';
import type { Plan, PlannedTask } from '../../../src/core/plan/plan.js';
import { changedTasks, taskView, type TaskView } from '../../../src/core/report/status-view.js';
import { aborted, keptByAbort } from '../../../src/core/run/rules/abort.js';
import { adopt, tasksToAdopt } from '../../../src/core/run/rules/adopt.js';
import { onlyAnnounced, voided } from '../../../src/core/run/rules/lost.js';
import { mergeBranch, type Link } from '../../../src/core/run/rules/merge-branch.js';
import {
  afterAdvance,
  announced,
  brokeVerify,
  held,
  keptMoving,
  merged,
  validated,
  type Advance,
} from '../../../src/core/run/rules/merge-stack.js';
import { retryOrFail, type Failure } from '../../../src/core/run/rules/retry.js';
import { settle, type StopReason } from '../../../src/core/run/rules/settle.js';
import { nextAttempt } from '../../../src/core/run/rules/start.js';
import { isUntidy } from '../../../src/core/run/run-state.js';
import { isInMergeQueue } from '../../../src/core/run/task-state.js';
import { RunHistory, timeOf } from './run-history.js';
import { RunPromises } from './run-promises.js';
import { SimulatedPerson, type Intervention, type Loop } from './simulated-person.js';
import { overOf, SimulatedWorld, workOf, type Chance } from './simulated-world.js';

export interface Script {
  readonly chances: readonly Chance[];
  readonly interventions: readonly Intervention[];
}

/** More than any run of the size tested can take; beyond, it turns in a circle. */
const MOST_ROUNDS = 5000;
const MOST_MOVES = 2;

/** Each `yield` is a moment at which other jobs continue, a request comes or the process is killed. */
type Job<T = void> = Generator<undefined, T, undefined>;

/**
 * Drives the rules of `src/core/run` as the supervisor does, with agents, git and commands replaced by chance. What the
 * rules say is recorded; what must never happen is checked at each step.
 */
export class SimulatedSupervisor implements Loop {
  readonly history: RunHistory;
  readonly promises: RunPromises;
  readonly world: SimulatedWorld;
  private readonly person: SimulatedPerson;
  private readonly jobs = new Map<string, Job>();
  private merging: readonly string[] = [];
  /** How many commits the target had when a wave was validated. */
  private readonly validatedAt = new Map<number, number>();
  /** Tasks whose `setup` has left something running. */
  private readonly setups = new Set<string>();
  /** Merged tasks whose worktree has to stay. */
  private readonly kept = new Set<string>();
  private held: string | null = null;
  private late: RunEvent | null = null;
  private passed = 0;
  private seen = new Map<string, TaskView>();
  private cursor = 0;

  constructor(
    readonly plan: Plan,
    { chances, interventions }: Script,
  ) {
    this.history = new RunHistory(plan);
    this.world = new SimulatedWorld(chances);
    this.promises = new RunPromises(plan, this.history, this.world);
    this.person = new SimulatedPerson(this, interventions);
  }

  run(): void {
    this.record({ type: 'run_created', runId: this.plan.runId }, { type: 'target_created', ref: 'r', commit: 'base' });
    this.begin();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      if (this.history.state.phase.kind === 'finished' && this.jobs.size === 0 && !this.person.hasMore())
        return this.end();
      this.round();
    }
    throw new Error(`no end after ${MOST_ROUNDS} rounds: ${this.describe()}`);
  }

  record(...events: readonly RunEvent[]): void {
    for (const event of events) {
      this.promises.allows(event);
      this.history.record(event);
    }
    if (this.history.records.length !== this.history.state.seq) throw new Error('the cursor has a gap');
  }

  busyTasks(): ReadonlySet<string> {
    const own = [...this.jobs.keys()].filter((key) => key.startsWith('task:')).map((key) => key.slice(5));
    return new Set([...own, ...(this.jobs.has('merge') ? this.merging : [])]);
  }

  stopTask(task: string, why: StopReason): void {
    this.start(`task:${task}`, why === 'aborted' ? this.abortTask(task) : this.stop(task, why));
  }

  now(): Date {
    return new Date(Date.parse(timeOf(0)) + this.passed);
  }

  crash(): void {
    this.jobs.clear();
    this.promises.replays();
    this.begin();
  }

  holdBack(): void {
    this.held = 'only 20 MB of disk free';
  }

  look(): void {
    const { plan } = this;
    for (const task of changedTasks(plan, this.history.state, this.cursor)) {
      this.seen.set(task.id, taskView(plan, task, this.history.task(task.id), null, 'log'));
    }
    if (this.history.state.seq < this.cursor) throw new Error('the cursor went back');
    this.cursor = this.history.state.seq;
  }

  /** A supervisor's first steps. */
  private begin(): void {
    for (const only of onlyAnnounced(this.history.state)) {
      if (!this.world.began(only.task, only.attempt)) this.record(voided(only));
    }
    this.promises.voided();
    for (const left of tasksToAdopt(this.plan, this.history.state)) {
      const how = this.world.chance(3);
      const branch =
        how === 0 ? null : { tip: how === 1 ? 'base' : `tip-${left.task.id}`, contained: how === 1, commits: 1 };
      const { pin, events } = adopt(this.plan, left, branch);
      this.record(...events);
      this.promises.adoptedAs(left, branch, pin);
    }
    this.promises.adopted();
  }

  private round(): void {
    const finished = this.history.state.phase.kind === 'finished';
    if (this.person.wantsMore() && (finished || this.world.happens(6))) this.person.intervene();
    this.person.serve();
    const actions = this.decide();
    for (const action of actions) this.act(action);
    this.promises.slots(this.world.agentsAlive().length, this.busyTasks());
    const moved = this.goOn();
    if (this.late !== null) this.record(this.late);
    this.late = null;
    if (!moved && actions.length === 0) this.letTimePass();
  }

  private decide(): readonly Action[] {
    const running = this.plan.tasks.filter(({ id }) => this.history.task(id).state.state === 'running');
    return decide(this.plan, this.history.state, {
      now: this.now(),
      busyTasks: this.busyTasks(),
      merging: this.jobs.has('merge'),
      mergesAtOnce: 3,
      validating: this.jobs.has('validate'),
      agents: new Map(running.map(({ id }) => [id, this.world.agentFact(id)])),
      withSetupProcesses: this.setups,
      untidy: this.untidy(),
      holdBack: this.held,
      moreTasks: false,
    });
  }

  private act(action: Action): void {
    switch (action.kind) {
      case 'record':
        return this.record(action.event);
      case 'finish':
        return this.finish({ type: 'run_finished', state: action.state });
      case 'prepare':
        this.promises.barriers(this.planned(action.task));
        this.setups.add(action.task);
        return this.start(`task:${action.task}`, this.prepare(this.planned(action.task)));
      case 'tidy':
        return this.start(`task:${action.task}`, this.tidy(action.task));
      case 'end_setup':
        return this.start(`task:${action.task}`, this.endSetup(action.task));
      case 'start':
        return this.start(`task:${action.task}`, this.startAttempt(this.planned(action.task)));
      case 'settle':
        return this.start(`task:${action.task}`, this.settle(action.task, null));
      case 'stop':
        return this.stopTask(action.task, action.why);
      case 'merge':
        this.promises.mergeOrder(action.tasks, this.jobs.has('validate'), this.busyTasks());
        this.merging = action.tasks;
        return this.start('merge', this.mergeAll(action.tasks));
      case 'validate':
        return this.start('validate', this.validate(action.wave));
    }
  }

  private finish(event: RunEvent): void {
    if (this.person.actsBesideTheEnd()) {
      this.late = event;
      this.person.intervene();
    } else this.record(event);
  }

  private start(key: string, job: Job): void {
    if (this.jobs.has(key)) throw new Error(`two jobs at once for ${key}`);
    this.jobs.set(key, job);
  }

  private *prepare(task: PlannedTask): Job {
    const start = this.history.task(task.id).start ?? this.world.tip();
    this.promises.contains(task, start);
    this.record({ type: 'worktree_intended', task: task.id, start });
    yield;
    if (this.world.happens(20)) {
      this.record({ type: 'task_failed', task: task.id, reason: 'setup_failed', message: 'setup: exit 1' });
      return;
    }
    yield;
    this.record({ type: 'worktree_created', task: task.id, start });
  }

  private untidy(): ReadonlySet<string> {
    const merged = [...this.history.state.tasks.values()].filter(isUntidy);
    return new Set(merged.filter(({ id }) => !this.kept.has(id)).map(({ id }) => id));
  }

  /** The worktree goes, or is found to hold work and stays. */
  private *tidy(task: string): Job {
    yield;
    this.setups.delete(task);
    if (this.world.happens(4)) this.kept.add(task);
    else this.record({ type: 'worktree_removed', task });
  }

  private *endSetup(task: string): Job {
    yield;
    this.setups.delete(task);
  }

  private *startAttempt(task: PlannedTask): Job {
    yield;
    const start = nextAttempt(this.plan, this.history.state, task);
    if (start.kind === 'wait') return;
    if (start.kind === 'record') {
      this.record(start.event);
      return;
    }
    const { attempt, budgetUsd } = start;
    const attemptId = `${task.id}.${attempt}`;
    this.record({ type: 'attempt_intended', task: task.id, attempt, attemptId, sessionId: null, budgetUsd });
    yield; // a crash here leaves an attempt that was announced and never started: void
    this.world.startAgent(task.id, attempt, this.history.task(task.id).lostInARow > 0);
    if (this.world.happens(10)) return; // killed before it could say that it started
    this.record({ type: 'attempt_started', task: task.id, attempt, pid: 100 + attempt });
  }

  private *settle(task: string, stop: StopReason | null): Job {
    const record = this.history.task(task);
    if (record.state.state !== 'running') return;
    const agent = this.world.agent(task, record.attempt);
    this.promises.ended(task, { end: agent.end, stopped: agent.stopped, why: stop });
    const over = overOf(task, agent, stop);
    yield;
    this.ended(task, over.exit);
    yield; // a crash here makes the next owner settle it again
    const first = settle(this.history.state, over, null, this.now());
    const settlement =
      first.kind === 'look_at_work' ? settle(this.history.state, over, workOf(agent), this.now()) : first;
    switch (settlement.kind) {
      case 'record': {
        this.record(...settlement.events);
        return;
      }
      case 'fail': {
        this.failOrRetry(task, settlement.failure);
        return;
      }
      case 'take_work': {
        this.record({ type: 'task_done', task, tip: `tip-${task}`, commits: 1, notes: [] });
        return;
      }
      case 'left_to_abort':
      case 'look_at_work':
        return;
    }
  }

  private *stop(task: string, why: StopReason): Job {
    this.world.kill(task);
    yield;
    yield* this.settle(task, why);
  }

  private *abortTask(task: string): Job {
    this.world.kill(task);
    yield;
    const wasRunning = this.history.task(task).state.state === 'running';
    if (wasRunning) yield* this.settle(task, 'aborted');
    const kept = keptByAbort(this.plan.runId, this.history.task(task));
    if (kept !== null) {
      this.record(kept);
      return;
    }
    yield;
    if (wasRunning) this.ended(task, { kind: 'signalled', signal: 'SIGTERM' });
    this.record(aborted(task));
  }

  private *mergeAll(tasks: readonly string[]): Job {
    let atOnce = tasks.length;
    const waiting = (): string[] => tasks.filter((id) => isInMergeQueue(this.history.task(id).state));
    for (let moved = 0; moved < MOST_MOVES;) {
      const some = waiting().slice(0, atOnce);
      if (some.length === 0) return;
      const target = this.world.tip();
      const links = yield* this.stack(some, target);
      if (links.length === 0) continue;
      const good = this.world.happens(8) ? links.slice(0, this.world.chance(links.length)) : links;
      const last = good.at(-1);
      if (last !== undefined) {
        const after = afterAdvance(yield* this.advance(good, target), good.length);
        switch (after.kind) {
          case 'recompute':
            moved += 1;
            continue;
          case 'one_at_a_time':
            atOnce = 1;
            continue;
          case 'hold':
            this.record(...held([last.task], after));
            continue;
          case 'merged':
        }
        yield;
        this.record(...good.flatMap(({ task, commit }) => merged(task.id, commit, [])));
      }
      const culprit = links[good.length];
      if (culprit !== undefined) this.failOrRetry(culprit.task.id, brokeVerify('exit 1', { stacked: 1, runs: 1 }));
    }
    this.record(...held(waiting().map(this.planned), keptMoving(this.plan)));
  }

  private *stack(tasks: readonly string[], target: string): Job<Link[]> {
    const links: Link[] = [];
    for (const id of tasks) {
      yield;
      const { state } = this.history.task(id);
      if (state.state !== 'merge_pending') continue;
      const branch = { task: this.planned(id), tip: state.tip, target, onto: links.at(-1)?.commit ?? target };
      const { end, facts } = this.world.branch(branch, this.history.state.mergeIntents.get(id)?.to);
      const step = mergeBranch(this.plan, branch, facts);
      this.promises.branch(id, { end, isFirst: branch.onto === target });
      switch (step.kind) {
        case 'merged_before':
          this.record(...merged(id, step.commit, []));
          continue;
        case 'merged':
          this.record(...merged(id, step.commit, step.notes));
          continue;
        case 'record':
          this.record(step.event);
          continue;
        case 'stack':
          links.push(step.link);
          continue;
        case 'hold_rest':
          this.record(...held(tasks.slice(tasks.indexOf(id)).map(this.planned), step));
          return links;
        case 'wait':
        case 'look':
          continue;
      }
    }
    return links;
  }

  private *advance(links: readonly Link[], from: string): Job<Advance> {
    this.record(...announced(this.plan, links));
    yield;
    if (this.world.happens(6)) this.world.target.push(this.world.newCommit('person'));
    if (this.world.tip() !== from) return { kind: 'moved' };
    if (this.world.happens(6)) return { kind: 'blocked', reason: 'in the way', hint: 'o8 merge' };
    this.world.target.push(...links.map(({ commit }) => commit));
    yield;
    return { kind: 'advanced' };
  }

  private *validate(wave: number): Job {
    const at = this.world.target.length;
    const commit = this.world.tip();
    yield;
    yield;
    const passed = !this.world.happens(4);
    if (passed) this.validatedAt.set(wave, at);
    this.record(validated(wave, commit, passed ? { kind: 'passed' } : { kind: 'failed', message: 'exit 1' }));
    this.promises.validated(wave, passed);
  }

  private failOrRetry(task: string, failure: Failure): void {
    this.record(retryOrFail(this.history.state, this.planned(task), failure, this.now()));
  }

  private ended(task: string, exit: AttemptExit): void {
    const { attempt } = this.history.task(task);
    this.record({ type: 'attempt_ended', task, attempt, exit, costUsd: 1, tokens: 10 });
  }

  /** One job or one agent, by chance, makes a step. */
  private goOn(): boolean {
    const jobs = [...this.jobs];
    const agents = this.world.agentsThatEnd();
    if (jobs.length + agents.length === 0) return false;
    const pick = this.world.chance(jobs.length + agents.length);
    const job = jobs[pick];
    if (job !== undefined) {
      const [key, work] = job;
      if (work.next().done === true) this.jobs.delete(key);
    } else {
      const agent = agents[pick - jobs.length];
      if (agent !== undefined) agent.over = true;
    }
    return true;
  }

  /** To the next moment something waits for. */
  private letTimePass(): void {
    this.held = null;
    const { state } = this.history;
    const times = [...state.tasks.values()].flatMap(({ state: task }) =>
      (task.state === 'queued' || task.state === 'worktree_created') && task.notBefore !== null ? [task.notBefore] : [],
    );
    if (state.phase.kind === 'paused') {
      if (state.phase.until === null) this.person.unpause();
      else times.push(state.phase.until);
    }
    const later = times.map((time) => Date.parse(time) - Date.parse(timeOf(0))).filter((ms) => ms > this.passed);
    this.passed = later.length === 0 ? this.passed + 1000 : Math.min(...later);
  }

  private end(): void {
    this.promises.over(this.validatedAt);
    this.look();
    for (const task of this.plan.tasks) {
      if (this.setups.has(task.id)) throw new Error(`the run ended with what setup of ${task.id} left running`);
      const view = taskView(this.plan, task, this.history.task(task.id), null, 'log');
      if (JSON.stringify(this.seen.get(task.id)) !== JSON.stringify(view))
        throw new Error(`who follows by cursor sees an old ${task.id}`);
    }
  }

  private readonly planned = (id: string): PlannedTask => {
    const task = this.plan.tasks.find((candidate) => candidate.id === id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  };

  private describe(): string {
    const { phase, tasks } = this.history.state;
    const states = [...tasks.values()].map(({ id, state }) => `${id} ${state.state}`).join(', ');
    return `${phase.kind}; ${states}; jobs ${[...this.jobs.keys()].join(', ')}`;
  }
}
