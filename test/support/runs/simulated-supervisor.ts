import { decide, type Action, type AgentFact } from '../../../src/core/run/decide.js';
import { leftOutTasks } from '../../../src/core/plan/build-plan.js';
import type { AttemptExit, RunEvent } from '../../../src/core/run/events.js';
import type { Plan, PlannedTask } from '../../../src/core/plan/plan.js';
import { replay } from '../../../src/core/run/replay.js';
import { retryDelayMs } from '../../../src/core/run/retry-delay.js';
import { taskOf } from '../../../src/core/run/run-state.js';
import { changedTasks, taskView, type TaskView } from '../../../src/core/report/status-view.js';
import { isSettled, landedCommit } from '../../../src/core/run/task-state.js';
import { RunHistory, timeOf } from './run-history.js';

/** What happens outside of the decisions, in this order; when the list is used up, everything goes well. */
export type Chance = number;

/** What a person or the machine does to the run, each once, at a time of chance. */
export type Intervention =
  | 'abort'
  | 'abort_task'
  | 'merge'
  | 'retry'
  | 'skip'
  | 'select'
  | 'crash'
  | 'hold_back'
  | 'look'
  | 'pause'
  | 'pause_now'
  | 'unpause'
  | 'finish_late';

export interface Script {
  readonly chances: readonly Chance[];
  readonly interventions: readonly Intervention[];
}

/** More than any run of the size tested can take; beyond, it turns in a circle. */
const MOST_ROUNDS = 5000;
const SILENT_MS = 3_600_000;

type AgentEnd = 'success' | 'failure' | 'refusal' | 'limit' | 'lost' | 'silent';
const AGENT_ENDS: readonly AgentEnd[] = ['success', 'failure', 'refusal', 'limit', 'lost', 'silent'];
const MERGE_ENDS = ['clean', 'conflict', 'verify_failed', 'held', 'scope'] as const;

/** Each `yield` is a moment at which other jobs go on, a request comes or the process is killed. */
type Job = Generator<undefined, void, undefined>;

/**
 * The supervisor without its effects: the same loop and the same records as src/supervisor, with agents, git and
 * commands replaced by chance. Checks at each step what must never happen.
 */
export class SimulatedSupervisor {
  readonly history: RunHistory;
  private readonly chances: Chance[];
  private readonly interventions: Intervention[];
  private readonly jobs = new Map<string, Job>();
  private readonly alive = new Map<string, { readonly attempt: number; readonly end: AgentEnd; over: boolean }>();
  /** Commits of the target in order; a commit contains those before it. */
  private readonly target: string[] = ['base'];
  private readonly validatedAt = new Map<number, number>();
  /** Tasks whose `setup` has left something running. */
  private readonly setups = new Set<string>();
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
    this.chances = [...chances];
    this.interventions = [...interventions];
  }

  run(): void {
    this.history.record(
      { type: 'run_created', runId: this.plan.runId },
      { type: 'target_created', ref: 'r', commit: 'base' },
    );
    this.leaveOut();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      if (this.isOver()) {
        this.checkEnd();
        return;
      }
      this.round();
    }
    throw new Error(`no end after ${MOST_ROUNDS} rounds: ${this.describe()}`);
  }

  private isOver(): boolean {
    return this.history.state.phase.kind === 'finished' && this.jobs.size === 0 && this.interventions.length === 0;
  }

  private round(): void {
    const finished = this.history.state.phase.kind === 'finished';
    if (this.interventions.length > 0 && (finished || this.chance(6) === 1)) this.intervene();
    const actions = this.decide();
    for (const action of actions) this.act(action);
    this.check();
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
      finishedMs: null,
      unguarded: false,
      outputMB: 0,
    };
  }

  private act(action: Action): void {
    switch (action.kind) {
      case 'record':
        this.record(action.event);
        return;
      case 'finish':
        this.finish({ type: 'run_finished', state: action.state });
        return;
      case 'prepare':
        this.checkBarriers(this.planned(action.task));
        this.setups.add(action.task);
        this.start(`task:${action.task}`, this.prepare(this.planned(action.task)));
        return;
      case 'end_setup':
        this.start(`task:${action.task}`, this.endSetup(action.task));
        return;
      case 'start':
        this.start(`task:${action.task}`, this.startAttempt(action.task));
        return;
      case 'settle':
        this.start(`task:${action.task}`, this.settle(action.task));
        return;
      case 'stop':
        this.start(`task:${action.task}`, action.why === 'aborted' ? this.stop(action.task) : this.stall(action.task));
        return;
      case 'merge':
        this.checkMergeOrder(action.tasks);
        this.start('merge', this.mergeAll(action.tasks));
        return;
      case 'validate':
        this.start('validate', this.validate(action.wave));
        return;
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
    this.checkContains(task, start);
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
    this.record({
      type: 'attempt_intended',
      task,
      attempt,
      attemptId: `${task}.${attempt}`,
      sessionId: null,
      budgetUsd: null,
    });
    if (this.alive.get(task)?.over === false) throw new Error(`two agents at once for ${task}`);
    yield; // a crash here leaves an attempt that was announced and never started: lost
    this.alive.set(task, { attempt, end: AGENT_ENDS[this.chance(AGENT_ENDS.length)] ?? 'success', over: false });
    this.record({ type: 'attempt_started', task, attempt, pid: 100 + attempt });
  }

  private *settle(task: string, stalled = false): Job {
    const record = this.history.task(task);
    const agent = this.alive.get(task);
    const end = agent?.attempt === record.attempt ? agent.end : 'lost';
    yield;
    this.ended(task, end === 'lost' ? { kind: 'unknown' } : { kind: 'exited', code: end === 'success' ? 0 : 1 });
    yield; // a crash here makes the next owner settle it again
    if (stalled) {
      this.retryOrFail(task, 'stalled');
      return;
    }
    switch (end) {
      case 'success': {
        this.record({ type: 'task_done', task, tip: `tip-${task}`, commits: 1, notes: [] });
        return;
      }
      case 'failure':
      case 'silent': {
        this.retryOrFail(task, 'exit_1');
        return;
      }
      case 'refusal': {
        this.record({ type: 'task_failed', task, reason: 'agent_error', message: '' });
        return;
      }
      case 'limit': {
        const until = new Date(this.date().getTime() + 60_000 * (1 + this.chance(5))).toISOString();
        this.record({ type: 'task_rate_limited', task, until }, { type: 'run_paused', reason: 'limit', until });
        return;
      }
      case 'lost': {
        this.record(
          this.history.task(task).lostInARow + 1 >= 3
            ? { type: 'task_failed', task, reason: 'lost', message: '' }
            : { type: 'task_requeued', task, why: 'lost', next: { kind: 'fresh' } },
        );
        return;
      }
    }
  }

  private *stall(task: string): Job {
    this.kill(task);
    yield;
    yield* this.settle(task, true);
  }

  private *stop(task: string): Job {
    const { state } = this.history.task(task);
    this.kill(task);
    yield;
    if (state.state === 'running') this.ended(task, { kind: 'signalled', signal: 'SIGTERM' });
    yield;
    this.record({ type: 'task_aborted', task });
  }

  private *stopForNow(task: string): Job {
    this.kill(task);
    yield;
    this.ended(task, { kind: 'signalled', signal: 'SIGTERM' });
    yield;
    this.record({ type: 'task_requeued', task, why: 'paused', next: { kind: 'continue', note: '' } });
  }

  private unpause(): void {
    if (this.history.state.phase.kind !== 'paused') return;
    this.record({ type: 'run_resumed' });
    for (const { id, state } of this.history.state.tasks.values()) {
      if (state.state !== 'queued' && state.state !== 'worktree_created') continue;
      if (state.notBefore !== null) this.record({ type: 'task_released', task: id });
    }
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
      this.merged(task, intent.to);
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
        this.retryOrFail(task, 'verify_failed');
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
        this.merged(task, to);
        return;
      }
    }
  }

  private merged(task: string, landed: string): void {
    this.record({ type: 'task_merged', task, landed });
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

  private retryOrFail(task: string, reason: 'stalled' | 'exit_1' | 'verify_failed'): void {
    const { retriesUsed } = this.history.task(task);
    if (retriesUsed >= this.planned(task).retries) {
      this.record({ type: 'task_failed', task, reason, message: '' });
      return;
    }
    const notBefore = new Date(this.date().getTime() + retryDelayMs(retriesUsed)).toISOString();
    this.record({ type: 'task_retrying', task, reason, message: '', notBefore });
  }

  private ended(task: string, exit: AttemptExit): void {
    const { attempt } = this.history.task(task);
    this.record({ type: 'attempt_ended', task, attempt, exit, costUsd: 1, tokens: 10 });
  }

  private kill(task: string): void {
    const agent = this.alive.get(task);
    if (agent !== undefined) agent.over = true;
  }

  /** One job or one agent, by chance, makes a step. */
  private goOn(): boolean {
    const jobs = [...this.jobs];
    const agents = [...this.alive.values()].filter(({ over, end }) => !over && end !== 'silent');
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
        return this.record({ type: 'run_aborting' });
      case 'pause':
        return this.record({
          type: 'run_paused',
          reason: 'limit',
          until: new Date(this.date().getTime() + 90_000).toISOString(),
        });
      case 'pause_now':
        this.record({ type: 'run_paused', reason: 'asked', until: null });
        return this.free(({ state }) => state.state === 'running').forEach(({ id }) => {
          this.start(`task:${id}`, this.stopForNow(id));
        });
      case 'unpause':
        return this.unpause();
      case 'hold_back':
        this.held = 'only 20 MB of disk free';
        return;
      case 'look':
        return this.look();
      case 'crash':
        this.jobs.clear();
        this.checkReplay();
        return this.leaveOut();
      case 'abort_task':
        return this.free(({ state }) => !isSettled(state)).forEach(({ id }) => this.start(`task:${id}`, this.stop(id)));
      case 'merge':
        return this.free(
          ({ state }) => state.state === 'merge_conflict' || (state.state === 'merge_pending' && state.hold !== null),
        ).forEach(({ id }) => this.record({ type: 'task_done', task: id, tip: `tip-${id}`, commits: 1, notes: [] }));
      case 'retry':
        return this.retry();
      case 'skip':
        return this.free(({ state }) => ['queued', 'blocked', 'failed', 'aborted'].includes(state.state)).forEach(
          ({ id }) => this.record({ type: 'task_skipped', task: id, why: 'user', landed: null }),
        );
      case 'select':
        return this.free(({ state }) => state.state === 'skipped' && state.landed === null).forEach(({ id }) =>
          this.record({ type: 'task_requeued', task: id, why: 'selected', next: { kind: 'fresh' } }),
        );
      case 'finish_late':
      case undefined:
        return;
    }
  }

  private retry(): void {
    for (const [wave, { kind }] of this.history.state.validations) {
      if (kind === 'failed') this.record({ type: 'wave_validation_reset', wave });
    }
    for (const { id, state } of this.history.state.tasks.values()) {
      if (state.state !== 'failed' && state.state !== 'aborted') continue;
      this.record({ type: 'task_requeued', task: id, why: 'retry', next: { kind: 'fresh' } });
    }
  }

  /** One task by chance that nothing is being done for and that is as wanted; none when there is none. */
  private free(wanted: (record: ReturnType<RunHistory['task']>) => boolean): { id: string }[] {
    const busy = this.busyTasks();
    const merging = this.jobs.has('merge');
    const tasks = this.plan.tasks.filter(({ id }) => {
      const record = this.history.task(id);
      return !busy.has(id) && wanted(record) && !(merging && record.state.state === 'merge_pending');
    });
    const task = tasks[tasks.length === 0 ? 0 : this.chance(tasks.length)];
    return task === undefined ? [] : [task];
  }

  /** Tasks not in this run: left out, landed by an earlier run, or merged from its branch first. */
  private leaveOut(): void {
    for (const { task, why } of leftOutTasks(this.plan)) {
      if (this.history.task(task.id).changedAt > 0) continue;
      const how = this.chance(3);
      this.record({ type: 'task_skipped', task: task.id, why, landed: how === 1 ? 'base' : null });
      if (how === 2) this.record({ type: 'task_done', task: task.id, tip: 'earlier', commits: 1, notes: [] });
    }
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
    this.history.record(...events);
    if (this.history.records.length !== this.history.state.seq) throw new Error('the cursor has a gap');
  }

  private check(): void {
    const records = [...this.history.state.tasks.values()];
    const busy = this.busyTasks();
    const running = records.filter(
      ({ id, state }) =>
        state.state === 'running' || (busy.has(id) && (state.state === 'queued' || state.state === 'worktree_created')),
    );
    // Retries decided while the slots are full wait; only what was given a slot counts.
    const agents = [...this.alive.values()].filter(({ over }) => !over).length;
    if (agents > this.plan.settings.maxConcurrency) throw new Error(`${agents} agents at once`);
    if (running.length > this.plan.settings.maxConcurrency && !this.stopping(running.map(({ id }) => id))) {
      throw new Error(`${running.length} tasks in ${this.plan.settings.maxConcurrency} slots`);
    }
  }

  /** A queued task being stopped is busy without an agent. */
  private stopping(ids: readonly string[]): boolean {
    return ids.some((id) => this.history.task(id).state.state !== 'running');
  }

  /** Everything a task needs is in the commit it starts from. */
  private checkContains(task: PlannedTask, start: string): void {
    const at = this.target.indexOf(start);
    for (const dep of task.deps) {
      const landed = landedCommit(this.history.task(dep).state);
      if (landed === null) throw new Error(`${task.id} starts before ${dep} has landed`);
      if (this.target.indexOf(landed) > at)
        throw new Error(`${task.id} starts from ${start}, without ${landed} of ${dep}`);
    }
  }

  private checkBarriers(task: PlannedTask): void {
    for (const wave of this.plan.waves.filter(({ number }) => number < task.wave)) {
      const members = wave.tasks.map((id) => this.history.task(id).state);
      const settled = members.every(isSettled);
      const merged = members.some(({ state }) => state === 'complete');
      if (this.plan.settings.schedule === 'waves' && wave.validation === null && !settled) {
        throw new Error(`${task.id} starts before wave ${wave.number} is over`);
      }
      if (
        wave.validation !== null &&
        (merged || !settled) &&
        this.history.state.validations.get(wave.number)?.kind !== 'passed'
      ) {
        throw new Error(`${task.id} starts before wave ${wave.number} is validated`);
      }
    }
  }

  private checkMergeOrder(tasks: readonly string[]): void {
    const [task = ''] = tasks;
    const order = (id: string): number | null => {
      const { state } = this.history.task(id);
      return state.state === 'merge_pending' && state.hold === null ? state.doneSeq : null;
    };
    const closed = this.jobs.has('validate');
    const own = order(task);
    const earlier = this.plan.tasks.filter(({ id }) => {
      const other = order(id);
      return other !== null && own !== null && other < own && !this.busyTasks().has(id);
    });
    if (own === null) throw new Error(`${task} is merged, but is not waiting for it`);
    const orders = tasks.map((id) => order(id) ?? 0);
    if (orders.some((each, at) => at > 0 && each <= (orders[at - 1] ?? 0)))
      throw new Error(`${tasks.join(', ')} is not the order they came in`);
    if (earlier.length > 0 && !closed)
      throw new Error(`${tasks.join(', ')} are merged before ${earlier.map(({ id }) => id).join(', ')}`);
  }

  private checkReplay(): void {
    const { plan, history } = this;
    const again = replay(plan, history.records);
    if (JSON.stringify(plain(again)) !== JSON.stringify(plain(history.state)))
      throw new Error('replaying gives another state');
  }

  private checkEnd(): void {
    const { plan, history } = this;
    this.checkReplay();
    this.look();
    const { phase } = history.state;
    for (const task of plan.tasks) {
      const record = taskOf(history.state, task.id);
      if (this.setups.has(task.id)) throw new Error(`the run ended with what setup of ${task.id} left running`);
      if (!isSettled(record.state)) throw new Error(`the run ended with ${task.id} ${record.state.state}`);
      const good = record.state.state === 'complete' || record.state.state === 'skipped';
      if (phase.kind === 'finished' && phase.state === 'completed' && !good)
        throw new Error(`completed with ${task.id} ${record.state.state}`);
      const ended = new Set(
        history.records.flatMap(({ event }) =>
          event.type === 'attempt_ended' && event.task === task.id ? [event.attempt] : [],
        ),
      );
      if (record.costUsd !== ended.size)
        throw new Error(`${task.id} had ${ended.size} attempts and cost ${record.costUsd}`);
      const view = taskView(plan, task, record, null, 'log');
      if (JSON.stringify(this.seen.get(task.id)) !== JSON.stringify(view))
        throw new Error(`who follows by cursor sees an old ${task.id}`);
    }
    for (const wave of plan.waves) this.checkValidated(wave);
  }

  /** A wave that counts as validated was validated with everything of it that is on the target. */
  private checkValidated(wave: Plan['waves'][number]): void {
    if (this.history.state.validations.get(wave.number)?.kind !== 'passed') return;
    const at = this.validatedAt.get(wave.number) ?? 0;
    for (const id of wave.tasks) {
      const { state } = this.history.task(id);
      if (state.state === 'complete' && this.target.indexOf(state.landed) >= at)
        throw new Error(`${id} is in wave ${wave.number}, validated without it`);
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

function plain(state: RunHistory['state']): unknown {
  const { tasks, validations, mergeIntents, ...rest } = state;
  return { ...rest, tasks: [...tasks], validations: [...validations], mergeIntents: [...mergeIntents] };
}
