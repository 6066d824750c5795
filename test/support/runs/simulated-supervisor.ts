import { decide, MOST_OUTPUT_MB, RESULT_GRACE_MS, type Action, type AgentFact } from '../../../src/core/run/decide.js';
import type { AttemptExit, RunEvent } from '../../../src/core/run/events.js';
import type { Plan, PlannedTask } from '../../../src/core/plan/plan.js';
import { NO_FACTS } from '../../../src/core/agents/base/agent-facts.js';
import { COMMAND_AGENT } from '../../../src/core/agents/command/command-agent.js';
import { changedTasks, taskView, type TaskView } from '../../../src/core/report/status-view.js';
import { aborted, abortRun, canBeAborted, keptByAbort } from '../../../src/core/run/rules/abort.js';
import { adopt, tasksToAdopt } from '../../../src/core/run/rules/adopt.js';
import { begunAnew, continueSteps, mayContinue, type ContinueWish } from '../../../src/core/run/rules/continue.js';
import { giveUp } from '../../../src/core/run/rules/give-up.js';
import { onlyAnnounced, voided } from '../../../src/core/run/rules/lost.js';
import { pause, unpause } from '../../../src/core/run/rules/pause.js';
import { requeueForMerge, tipThatWaits } from '../../../src/core/run/rules/requeue.js';
import { retryOrFail, type Failure } from '../../../src/core/run/rules/retry.js';
import {
  endOf,
  settle,
  type AttemptOver,
  type AttemptWork,
  type StopReason,
} from '../../../src/core/run/rules/settle.js';
import { isSettled } from '../../../src/core/run/task-state.js';
import { RunHistory, timeOf } from './run-history.js';
import { RunPromises, type AgentEnd } from './run-promises.js';

/** What happens outside of the decisions, in this order; when the list is used up, everything goes well. */
export type Chance = number;

/** What a person or the machine does to the run, each once, at a time of chance. */
export const INTERVENTIONS = [
  ...(['abort', 'abort_task', 'merge', 'retry', 'skip', 'select', 'resume', 'crash', 'hold_back', 'look'] as const),
  ...(['limit', 'pause', 'pause_now', 'unpause', 'finish_late', 'surprise'] as const),
];
export type Intervention = (typeof INTERVENTIONS)[number];

export interface Script {
  readonly chances: readonly Chance[];
  readonly interventions: readonly Intervention[];
}

/** More than any run of the size tested can take; beyond, it turns in a circle. */
const MOST_ROUNDS = 5000;
const SILENT_MS = 3_600_000;
/** Exit code by which the simulated program says that it met a limit. */
const LIMIT_CODE = 75;

const AGENT_ENDS = [
  ...(['success', 'failure', 'unusable', 'limit', 'lost', 'silent', 'hung', 'flood', 'unguarded'] as const),
] satisfies readonly AgentEnd[];
const MERGE_ENDS = ['clean', 'conflict', 'verify_failed', 'held', 'scope'] as const;

/** These go on until o8 stops them. */
const ENDLESS: readonly AgentEnd[] = ['silent', 'hung', 'flood', 'unguarded'];

/** Each `yield` is a moment at which other jobs go on, a request comes or the process is killed. */
type Job = Generator<undefined, void, undefined>;

interface Agent {
  readonly attempt: number;
  readonly end: AgentEnd;
  over: boolean;
  stopped: boolean;
}

/**
 * Drives the rules of `src/core/run` as the supervisor does, with agents, git and commands replaced by chance. What the
 * rules say is recorded; what must never happen is checked at each step.
 */
export class SimulatedSupervisor {
  readonly history: RunHistory;
  private readonly promises: RunPromises;
  private readonly chances: Chance[];
  private readonly interventions: Intervention[];
  private readonly jobs = new Map<string, Job>();
  private readonly alive = new Map<string, Agent>();
  /** Commits of the target in order; a commit contains those before it. */
  private readonly target: string[] = ['base'];
  private readonly validatedAt = new Map<number, number>();
  /** Tasks whose `setup` has left something running. */
  private readonly setups = new Set<string>();
  /** Requests for a pause and for a continuation that wait for their time. */
  private pauses: { readonly agents: 'let_finish' | 'stop'; readonly stopped: Set<string> }[] = [];
  private wishes: ContinueWish[] = [];
  private held: string | null = null;
  private late: RunEvent | null = null;
  private now = 0;
  private seen = new Map<string, TaskView>();
  private cursor = 0;

  constructor(
    readonly plan: Plan,
    { chances, interventions }: Script,
  ) {
    this.history = new RunHistory(plan);
    this.promises = new RunPromises(plan, this.history);
    this.chances = [...chances];
    this.interventions = [...interventions];
  }

  run(): void {
    this.record({ type: 'run_created', runId: this.plan.runId }, { type: 'target_created', ref: 'r', commit: 'base' });
    this.begin();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      if (this.isOver()) return this.end();
      this.round();
    }
    throw new Error(`no end after ${MOST_ROUNDS} rounds: ${this.describe()}`);
  }

  /** A supervisor's first steps. */
  private begin(): void {
    for (const announced of onlyAnnounced(this.history.state)) {
      if (this.alive.get(announced.task)?.attempt !== announced.attempt) this.record(voided(announced));
    }
    for (const left of tasksToAdopt(this.plan, this.history.state)) {
      const how = this.chance(3);
      this.record(
        ...adopt(this.plan, left, how === 0 ? null : { tip: 'base', contained: how === 1, commits: 1 }).events,
      );
    }
    this.promises.adopted();
  }

  private isOver(): boolean {
    const { phase } = this.history.state;
    const asked = this.interventions.length + this.pauses.length + this.wishes.length;
    return phase.kind === 'finished' && this.jobs.size === 0 && asked === 0;
  }

  private round(): void {
    const finished = this.history.state.phase.kind === 'finished';
    if (this.interventions.length > 0 && (finished || this.chance(6) === 1)) this.intervene();
    this.serve();
    const actions = this.decide();
    for (const action of actions) this.act(action);
    this.promises.slots([...this.alive.values()].filter(({ over }) => !over).length, this.busyTasks());
    const moved = this.goOn();
    if (this.late !== null) this.record(this.late);
    this.late = null;
    if (!moved && actions.length === 0) this.letTimePass();
  }

  private decide(): readonly Action[] {
    return decide(this.plan, this.history.state, {
      now: this.date(),
      busyTasks: this.busyTasks(),
      merging: this.jobs.has('merge'),
      mergesAtOnce: 2,
      validating: this.jobs.has('validate'),
      agents: this.agentFacts(),
      withSetupProcesses: this.setups,
      holdBack: this.held,
      moreTasks: false,
    });
  }

  private busyTasks(): Set<string> {
    return new Set([...this.jobs.keys()].filter((key) => key.startsWith('task:')).map((key) => key.slice(5)));
  }

  private agentFacts(): Map<string, AgentFact> {
    const running = this.plan.tasks.filter(({ id }) => this.history.task(id).state.state === 'running');
    return new Map(running.map(({ id }): [string, AgentFact] => [id, this.agentFact(id)]));
  }

  private agentFact(id: string): AgentFact {
    const agent = this.alive.get(id);
    if (agent === undefined || agent.over) return { kind: 'over' };
    return {
      kind: 'running',
      quietMs: agent.end === 'silent' ? SILENT_MS : 0,
      unattendedMs: null,
      finishedMs: agent.end === 'hung' ? RESULT_GRACE_MS + 1 : null,
      unguarded: agent.end === 'unguarded',
      outputMB: agent.end === 'flood' ? MOST_OUTPUT_MB + 1 : 0,
    };
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
      case 'end_setup':
        return this.start(`task:${action.task}`, this.endSetup(action.task));
      case 'start':
        return this.start(`task:${action.task}`, this.startAttempt(action.task));
      case 'settle':
        return this.start(`task:${action.task}`, this.settle(action.task, null));
      case 'stop':
        return this.start(
          `task:${action.task}`,
          action.why === 'aborted' ? this.abortTask(action.task) : this.stop(action.task, action.why),
        );
      case 'merge':
        this.promises.mergeOrder(action.tasks, this.jobs.has('validate'), this.busyTasks());
        return this.start('merge', this.mergeAll(action.tasks));
      case 'validate':
        return this.start('validate', this.validate(action.wave));
    }
  }

  /** The end is written by one job while another is just writing that there is more to do. */
  private finish(event: RunEvent): void {
    if (this.interventions[0] === 'finish_late') {
      this.interventions.shift();
      this.late = event;
      this.intervene();
    } else this.record(event);
  }

  private start(key: string, job: Job): void {
    if (this.jobs.has(key)) throw new Error(`two jobs at once for ${key}`);
    this.jobs.set(key, job);
  }

  private *prepare(task: PlannedTask): Job {
    const start = this.history.task(task.id).start ?? this.tip();
    this.promises.contains(task, start, this.target);
    this.record({ type: 'worktree_intended', task: task.id, start });
    yield;
    if (this.chance(20) === 1) {
      this.record({ type: 'task_failed', task: task.id, reason: 'setup_failed', message: 'setup: exit 1' });
      return;
    }
    yield;
    this.record({ type: 'worktree_created', task: task.id, start });
  }

  private *endSetup(task: string): Job {
    yield;
    this.setups.delete(task);
  }

  private *startAttempt(task: string): Job {
    yield;
    const attempt = this.history.task(task).attempt + 1;
    const attemptId = `${task}.${attempt}`;
    this.record({ type: 'attempt_intended', task, attempt, attemptId, sessionId: null, budgetUsd: null });
    if (this.alive.get(task)?.over === false) throw new Error(`two agents at once for ${task}`);
    yield; // a crash here leaves an attempt that was announced and never started: void
    // What ends one agent without a trace often ends the next one, too.
    const again = this.history.task(task).lostInARow > 0 && this.chance(3) !== 0;
    const end = again ? 'lost' : (AGENT_ENDS[this.chance(AGENT_ENDS.length)] ?? 'success');
    this.alive.set(task, { attempt, end, over: false, stopped: false });
    this.record({ type: 'attempt_started', task, attempt, pid: 100 + attempt });
  }

  private *settle(task: string, stop: StopReason | null): Job {
    const record = this.history.task(task);
    if (record.state.state !== 'running') return;
    const known = this.alive.get(task);
    const agent = known?.attempt === record.attempt ? known : { end: 'lost' as const, stopped: false };
    this.promises.ended(task, { end: agent.end, stopped: agent.stopped, why: stop });
    const over = overOf(task, agent, stop);
    yield;
    this.ended(task, over.exit);
    yield; // a crash here makes the next owner settle it again
    const first = settle(this.history.state, over, null, this.date());
    const settlement =
      first.kind === 'look_at_work' ? settle(this.history.state, over, workOf(agent.end), this.date()) : first;
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
    this.kill(task);
    yield;
    yield* this.settle(task, why);
  }

  private *abortTask(task: string): Job {
    this.kill(task);
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
    for (const task of tasks) yield* this.merge(task);
  }

  private *merge(task: string): Job {
    yield;
    const { state } = this.history.task(task);
    if (state.state !== 'merge_pending' || state.hold !== null) return;
    const intent = this.history.state.mergeIntents.get(task);
    if (intent !== undefined && this.target.includes(intent.to)) {
      this.record({ type: 'task_merged', task, landed: intent.to });
      return;
    }
    switch (MERGE_ENDS[this.chance(MERGE_ENDS.length * 2)] ?? 'clean') {
      case 'conflict': {
        this.record({
          type: 'task_conflicted',
          task,
          files: ['f'],
          targetCommit: this.tip(),
          branchCommit: 'b',
        });
        return;
      }
      case 'verify_failed': {
        this.failOrRetry(task, { reason: 'verify_failed', message: '', retryable: true });
        return;
      }
      case 'scope': {
        this.record({ type: 'task_failed', task, reason: 'scope_violation', message: '' });
        return;
      }
      case 'held': {
        this.record({ type: 'merge_held', task, reason: 'in the way', hint: 'o8 merge' });
        return;
      }
      case 'clean': {
        const to = `${task}@${this.history.state.seq}`;
        this.record({ type: 'merge_intended', task, ref: 'r', from: this.tip(), to });
        yield;
        this.target.push(to);
        yield;
        this.record({ type: 'task_merged', task, landed: to });
      }
    }
  }

  private *validate(wave: number): Job {
    const at = this.target.length;
    const commit = this.tip();
    yield;
    yield;
    if (this.chance(4) === 1) {
      this.record({ type: 'wave_validation_failed', wave, message: 'exit 1' });
      return;
    }
    this.validatedAt.set(wave, at);
    this.record({ type: 'wave_validated', wave, commit });
  }

  private failOrRetry(task: string, failure: Failure): void {
    this.record(retryOrFail(this.history.state, this.planned(task), failure, this.date()));
  }

  private ended(task: string, exit: AttemptExit): void {
    const { attempt } = this.history.task(task);
    this.record({ type: 'attempt_ended', task, attempt, exit, costUsd: 1, tokens: 10 });
  }

  private kill(task: string): void {
    const agent = this.alive.get(task);
    if (agent === undefined || agent.over) return;
    agent.over = true;
    agent.stopped = true;
  }

  /** One job or one agent, by chance, makes a step. */
  private goOn(): boolean {
    const jobs = [...this.jobs];
    const agents = [...this.alive.values()].filter(({ over, end }) => !over && !ENDLESS.includes(end));
    if (jobs.length + agents.length === 0) return false;
    const pick = this.chance(jobs.length + agents.length);
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
      if (state.phase.until === null) this.unpause();
      else times.push(state.phase.until);
    }
    const later = times.map((time) => Date.parse(time) - Date.parse(timeOf(0))).filter((ms) => ms > this.now);
    this.now = later.length === 0 ? this.now + 1000 : Math.min(...later);
  }

  private intervene(): void {
    const intervention = this.interventions.shift();
    switch (intervention) {
      case 'abort':
        return this.record(...abortRun(this.history.state));
      case 'limit': {
        const until = new Date(this.date().getTime() + 90_000).toISOString();
        return this.record({ type: 'run_paused', reason: 'limit', until });
      }
      case 'pause':
        return void this.pauses.push({ agents: 'let_finish', stopped: new Set() });
      case 'pause_now':
        return void this.pauses.push({ agents: 'stop', stopped: new Set() });
      case 'unpause':
        return this.unpause();
      case 'hold_back':
        this.held = 'only 20 MB of disk free';
        return;
      case 'look':
        return this.look();
      case 'crash':
        this.jobs.clear();
        this.promises.replays();
        return this.begin();
      case 'abort_task':
        return this.free(canBeAborted).forEach((id) => this.start(`task:${id}`, this.abortTask(id)));
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

  private wish(wish: Partial<ContinueWish>): void {
    this.wishes.push({ select: [], skip: [], retry: [], ...wish });
  }

  /** Requests in the order in which the supervisor looks at them: a pause before anything goes on. */
  private serve(): void {
    const isBusy = (task: string): boolean => this.busyTasks().has(task);
    this.pauses = this.pauses.filter(({ agents, stopped }) => {
      const { events, stop, answer } = pause(this.history.state, { agents, isBusy, stopped });
      this.record(...events);
      for (const task of stop) {
        stopped.add(task);
        this.start(`task:${task}`, this.stop(task, 'paused'));
      }
      if (answer?.kind === 'paused') this.promises.paused(answer.running, agents);
      return answer === null;
    });
    const [wish] = this.wishes;
    if (wish === undefined || !mayContinue(this.history.state, wish, isBusy)) return;
    this.wishes.shift();
    for (const step of continueSteps(this.history.state, wish)) {
      this.record(step.kind === 'record' ? step.event : begunAnew(step.task));
    }
    this.promises.continued(wish.resume === true ? this.inState('aborted') : wish.retry, wish.skip);
  }

  private unpause(): void {
    const { events, answer } = unpause(this.history.state);
    this.record(...events);
    if (answer.kind === 'resumed') this.promises.unpaused();
  }

  /** A person asks for a merge of what waits for one. */
  private requeue(): void {
    for (const id of this.free(({ state }) => tipThatWaits(state) !== null)) {
      const unfinished = this.chance(5) === 1 ? 'changes' : null;
      const now = { unfinished, tip: tipThatWaits(this.history.task(id).state), movedBack: this.chance(5) === 1 };
      const requeueing = requeueForMerge(now, true);
      if (requeueing.kind !== 'merge') continue;
      if (unfinished !== null || now.movedBack) throw new Error(`${id} is merged without what a person has of it`);
      this.record({ type: 'task_done', task: id, tip: requeueing.tip, commits: 1, notes: [] });
    }
  }

  /** A job on a task fails again and again. */
  private surprise(): void {
    for (const task of this.free(({ state }) => !isSettled(state) && state.state !== 'running')) {
      const kind = this.history.task(task).state.state === 'merge_pending' ? 'merge' : 'task';
      const event = giveUp(this.plan.runId, this.history.state, { kind, task }, 'git failed');
      if (event !== null) this.record(event);
      if (!isSettled(this.history.task(task).state)) throw new Error(`${task} was given up and still waits`);
    }
  }

  private inState(...names: readonly string[]): string[] {
    return this.plan.tasks.map(({ id }) => id).filter((id) => names.includes(this.history.task(id).state.state));
  }

  /** One task by chance that nothing is being done for and that is as wanted; none when there is none. */
  private free(wanted: (record: ReturnType<RunHistory['task']>) => boolean): string[] {
    const busy = this.busyTasks();
    const merging = this.jobs.has('merge');
    const tasks = this.plan.tasks.filter(({ id }) => {
      const record = this.history.task(id);
      return !busy.has(id) && wanted(record) && !(merging && record.state.state === 'merge_pending');
    });
    const task = tasks[tasks.length === 0 ? 0 : this.chance(tasks.length)];
    return task === undefined ? [] : [task.id];
  }

  private look(): void {
    const { plan } = this;
    for (const task of changedTasks(plan, this.history.state, this.cursor)) {
      this.seen.set(task.id, taskView(plan, task, this.history.task(task.id), null, 'log'));
    }
    if (this.history.state.seq < this.cursor) throw new Error('the cursor went back');
    this.cursor = this.history.state.seq;
  }

  private record(...events: readonly RunEvent[]): void {
    for (const event of events) {
      this.promises.allows(event);
      this.history.record(event);
    }
    if (this.history.records.length !== this.history.state.seq) throw new Error('the cursor has a gap');
  }

  private end(): void {
    this.promises.over(this.target, this.validatedAt);
    this.look();
    for (const task of this.plan.tasks) {
      if (this.setups.has(task.id)) throw new Error(`the run ended with what setup of ${task.id} left running`);
      const view = taskView(this.plan, task, this.history.task(task.id), null, 'log');
      if (JSON.stringify(this.seen.get(task.id)) !== JSON.stringify(view))
        throw new Error(`who follows by cursor sees an old ${task.id}`);
    }
  }

  private planned(id: string): PlannedTask {
    const task = this.plan.tasks.find((candidate) => candidate.id === id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  private tip(): string {
    return this.target.at(-1) ?? 'base';
  }

  private date(): Date {
    return new Date(Date.parse(timeOf(0)) + this.now);
  }

  /** A number from 0 up to below `below`; 0, which means that all goes well, when the chances are used up. */
  private chance(below: number): number {
    return (this.chances.shift() ?? 0) % below;
  }

  private describe(): string {
    const { phase, tasks } = this.history.state;
    const states = [...tasks.values()].map(({ id, state }) => `${id} ${state.state}`).join(', ');
    return `${phase.kind}; ${states}; jobs ${[...this.jobs.keys()].join(', ')}`;
  }
}

/** What the supervisor would find of an attempt that is over. */
function overOf(task: string, { end, stopped }: Pick<Agent, 'end' | 'stopped'>, stop: StopReason | null): AttemptOver {
  const codes: Partial<Record<AgentEnd, number>> = { success: 0, unusable: 0, limit: LIMIT_CODE };
  const byItself: AttemptExit = end === 'lost' ? { kind: 'unknown' } : { kind: 'exited', code: codes[end] ?? 1 };
  return {
    task,
    stop,
    exit: endOf(stopped ? { kind: 'signalled', signal: 'SIGTERM' } : byItself, stop),
    agent: {
      ...COMMAND_AGENT,
      facts: { ...NO_FACTS, unguarded: end === 'unguarded' ? 'Write' : null },
      rateLimitExitCode: LIMIT_CODE,
    },
    markerPresent: end === 'success' || end === 'unusable' || end === 'hung',
    limits: { timeoutMinutes: 60, stallMinutes: 10, budgetUsd: null, maxTurns: null },
    output: 'agent.jsonl',
  };
}

function workOf(end: AgentEnd): AttemptWork {
  if (end === 'unusable') return { kind: 'unusable', message: 'the agent rewrote history' };
  return { kind: 'usable', start: 'base', commits: 1, uncommitted: false };
}
