import { leftOutTasks, type LeftOut } from '../../../src/core/plan/build-plan.js';
import type { Plan, PlannedTask } from '../../../src/core/plan/plan.js';
import type { RunEvent } from '../../../src/core/run/events.js';
import { replay } from '../../../src/core/run/replay.js';
import type { TaskRecord } from '../../../src/core/run/run-state.js';
import type { EarlierBranch } from '../../../src/core/run/rules/adopt.js';
import type { ContinueWish } from '../../../src/core/run/rules/continue.js';
import type { BranchNow } from '../../../src/core/run/rules/requeue.js';
import type { StopReason } from '../../../src/core/run/rules/settle.js';
import { isSettled, mergedCommit, type TaskStateName } from '../../../src/core/run/task-state.js';
import { plainState } from './plain-state.js';
import type { RunHistory } from './run-history.js';

/** Lost this often in a row a task fails; the number of the contract, not the product's constant. */
const MOST_LOST = 3;

/** How an agent that is watched ends; what the rules may make of it is promised here, in words of their own. */
export type AgentEnd =
  'success' | 'failure' | 'unusable' | 'limit' | 'lost' | 'silent' | 'hung' | 'flood' | 'unguarded';

/** What comes out when a branch is looked at for its merge. `announced`: the target was moved to it before. */
export type BranchEnd =
  | 'announced'
  | ('clean' | 'conflict' | 'held' | 'scope' | 'there' | 'by_person' | 'rewritten' | 'unrelated' | 'unsigned');

/** Work may count as merged after these, and only after these. */
const LANDS: readonly BranchEnd[] = ['announced', 'clean', 'there', 'by_person'];
/** Work that a person has to look at; nothing is wrong with it. */
const WAITS: readonly BranchEnd[] = ['held', 'rewritten', 'unsigned'];

/** What promises need to know of the world. */
export interface World {
  /** Commits of the target in order; a commit contains those before it. */
  readonly target: readonly string[];
  /** An agent was started for this attempt. */
  began(task: string, attempt: number): boolean;
}

interface Ended {
  readonly end: AgentEnd;
  /** It did not end by itself. */
  readonly stopped: boolean;
  /** Why it was to be stopped, null when it was not; it may have ended by itself at that moment. */
  readonly why: StopReason | null;
}

/** Invariants of a run, independent of how the rules are implemented. */
export class RunPromises {
  /** Agents by task: how the last one ended by itself, and whether it was stopped before. */
  private readonly ends = new Map<string, Ended>();
  /** How the last look at a task's branch came out. `isFirst`: nothing comes before it in the stack. */
  private readonly branches = new Map<string, { readonly end: BranchEnd; readonly isFirst: boolean }>();
  private readonly lostInARow = new Map<string, number>();
  private readonly retries = new Map<string, number>();
  private pausedByPerson = false;

  constructor(
    private readonly plan: Plan,
    private readonly history: RunHistory,
    private readonly world: World,
  ) {}

  ended(task: string, ended: Ended): void {
    this.ends.set(task, ended);
  }

  /** Before `event` is recorded. */
  allows(event: RunEvent): void {
    switch (event.type) {
      case 'task_retrying': {
        const used = (this.retries.get(event.task) ?? 0) + 1;
        this.retries.set(event.task, used);
        if (used > this.planned(event.task).retries) throw new Error(`${event.task} is retried ${used} times`);
        return this.noFailure(event.task, 'is retried');
      }
      case 'task_failed':
        if (event.reason === 'lost' && this.lostInARow.get(event.task) !== MOST_LOST - 1)
          throw new Error(`${event.task} failed as lost after ${this.lostInARow.get(event.task) ?? 0}`);
        this.hasNoRetries(event);
        this.mayFailMerge(event);
        return this.noFailure(event.task, 'fails');
      case 'task_requeued':
        return this.requeued(event);
      case 'attempt_ended':
        if (event.exit.kind !== 'unknown') this.lostInARow.set(event.task, 0);
        return;
      case 'attempt_void':
        if (this.world.began(event.task, event.attempt)) throw new Error(`the agent of ${event.task} is void and runs`);
        return;
      case 'attempt_intended':
        if (this.pausedByPerson) throw new Error(`${event.task} starts an agent in a pause`);
        if (this.history.task(event.task).costUsd >= (this.planned(event.task).budgetUsd ?? Infinity))
          throw new Error(`${event.task} starts an agent with nothing left to spend`);
        this.ends.delete(event.task);
        return;
      case 'task_aborted':
        if (this.ends.get(event.task)?.end === 'success' && this.ends.get(event.task)?.stopped === false)
          if (this.isRunning(event.task)) throw new Error(`${event.task} was done and is aborted`);
        return;
      case 'task_done':
        if (this.isRunning(event.task) && !['success', 'hung'].includes(this.ends.get(event.task)?.end ?? ''))
          throw new Error(`${event.task} is done although its agent was not`);
        return;
      case 'task_merged': {
        const end = this.branches.get(event.task)?.end ?? 'unrelated';
        if (!LANDS.includes(end)) throw new Error(`${event.task} counts as merged after ${end}`);
        if (!this.world.target.includes(event.landed)) throw new Error(`${event.task} is not on the target`);
        return;
      }
      case 'task_conflicted': {
        const branch = this.branches.get(event.task);
        if (branch?.end !== 'conflict' || !branch.isFirst)
          throw new Error(`${event.task} conflicts with what may not land, or with nothing`);
        return;
      }
      case 'run_resumed':
      case 'run_finished': // one that continues later is not paused
        this.pausedByPerson = false;
        return;
      default:
        return;
    }
  }

  /** The user was told that no agent runs, or that none starts, any more. */
  paused(running: readonly string[], agents: 'let_finish' | 'stop'): void {
    this.pausedByPerson = true;
    const { phase } = this.history.state;
    if (phase.kind !== 'paused' || phase.until !== null) throw new Error('a pause was answered and ends by itself');
    if (agents === 'stop' && running.length > 0) throw new Error(`${running.join(', ')} were to be stopped and go on`);
    const now = [...this.history.state.tasks.values()].filter(({ state }) => state.state === 'running');
    if (now.some(({ id }) => !running.includes(id))) throw new Error('a pause was answered while agents run');
  }

  unpaused(): void {
    for (const { id, state } of this.history.state.tasks.values()) {
      if ((state.state === 'queued' || state.state === 'worktree_created') && state.notBefore !== null)
        throw new Error(`${id} still waits although a person goes on`);
    }
  }

  /** What a person asked for is done, and nothing else. `before`: the tasks' states before it. */
  continued({ retry, resume, skip, select }: ContinueWish, before: ReadonlyMap<string, TaskStateName>): void {
    for (const { id, state } of this.history.state.tasks.values()) {
      const was = before.get(id) ?? 'queued';
      const isOver = was === 'failed' || was === 'aborted';
      const wanted: readonly TaskStateName[] =
        skip.includes(id) && (isOver || was === 'queued' || was === 'blocked')
          ? ['skipped']
          : (retry.includes(id) && isOver) || (select.includes(id) && was === 'skipped')
            ? ['queued']
            : resume === true && was === 'aborted'
              ? ['queued', 'worktree_created']
              : [was];
      if (!wanted.includes(state.state)) throw new Error(`${id} was ${was} and is ${state.state} after ${wanted[0]}`);
    }
    for (const [wave, { kind }] of this.history.state.validations) {
      if (kind === 'failed') throw new Error(`the validation of wave ${wave} is not tried again`);
    }
    const { phase } = this.history.state;
    if (phase.kind === 'paused' && phase.until === null) throw new Error('who goes on with a run finds it paused');
    if (phase.kind === 'finished' && resume === true) throw new Error('a run that is resumed is over');
  }

  /** A person asked for a merge; `tip`: what is merged, null for nothing. */
  requeuedForMerge(task: string, now: BranchNow, tip: string | null): void {
    const isWhole = now.unfinished === null && now.tip !== null && !now.movedBack;
    if (isWhole !== (tip !== null)) throw new Error(`${task} is merged without what a person has of it, or not at all`);
  }

  /** A job on the task failed repeatedly. */
  givenUp(task: string, was: TaskStateName): void {
    const { state } = this.history.task(task);
    if (!isSettled(state)) throw new Error(`${task} was given up and still waits`);
    if (was === 'merge_pending' && state.state !== was) throw new Error(`${task} was done and is ${state.state}`);
  }

  /** What an earlier supervisor announced is void where nobody began it. */
  voided(): void {
    for (const { id, attempt, state } of this.history.state.tasks.values()) {
      if (state.state === 'running' && state.process.kind === 'intended' && !this.world.began(id, attempt))
        throw new Error(`${id} waits for an agent that nobody started`);
    }
  }

  /** The branch of a task was looked at for its merge, and nothing is recorded yet. */
  branch(task: string, looked: { readonly end: BranchEnd; readonly isFirst: boolean }): void {
    this.branches.set(task, looked);
  }

  validated(wave: number, passed: boolean): void {
    if ((this.history.state.validations.get(wave)?.kind === 'passed') !== passed)
      throw new Error(`the validation of wave ${wave} ${passed ? 'passed' : 'failed'} and counts as the other`);
  }

  /** `pin`: the commit that was to stay reachable. */
  adoptedAs({ task, why }: LeftOut, branch: EarlierBranch | null, pin: string | null): void {
    const { state } = this.history.task(task.id);
    const isNeeded = this.plan.tasks.some(({ deps, wave }) => wave === this.plan.wave && deps.includes(task.id));
    const isThere = branch?.contained === true;
    if (isThere !== (mergedCommit(state) !== null)) throw new Error(`${task.id} counts as landed where it is not`);
    const waits = branch !== null && !isThere && isNeeded && why === 'other_wave';
    if (waits !== (state.state === 'merge_pending') || waits !== (pin !== null))
      throw new Error(`${task.id} is ${state.state}, which others need`);
  }

  adopted(): void {
    for (const { task } of leftOutTasks(this.plan)) {
      if (this.history.task(task.id).changedAt === 0) throw new Error(`${task.id} was left out and waits in the queue`);
    }
  }

  /** Everything a task needs is in the commit it starts from. */
  contains(task: PlannedTask, start: string): void {
    const { target } = this.world;
    const at = target.indexOf(start);
    for (const dep of task.deps) {
      const landed = mergedCommit(this.history.task(dep).state);
      if (landed === null) throw new Error(`${task.id} starts before ${dep} has landed`);
      if (target.indexOf(landed) > at) throw new Error(`${task.id} starts from ${start}, without ${landed} of ${dep}`);
    }
  }

  barriers(task: PlannedTask): void {
    for (const wave of this.plan.waves.filter(({ number }) => number < task.wave)) {
      const members = wave.tasks.map((id) => this.history.task(id).state);
      const settled = members.every(isSettled);
      const merged = members.some(({ state }) => state === 'complete');
      if (this.plan.settings.schedule === 'waves' && wave.validation === null && !settled) {
        throw new Error(`${task.id} starts before wave ${wave.number} is over`);
      }
      const passed = this.history.state.validations.get(wave.number)?.kind === 'passed';
      if (wave.validation !== null && (merged || !settled) && !passed) {
        throw new Error(`${task.id} starts before wave ${wave.number} is validated`);
      }
    }
  }

  mergeOrder(tasks: readonly string[], validating: boolean, busy: ReadonlySet<string>): void {
    const [task = ''] = tasks;
    const order = (id: string): number | null => {
      const { state } = this.history.task(id);
      return state.state === 'merge_pending' && state.hold === null ? state.doneSeq : null;
    };
    const own = order(task);
    const earlier = this.plan.tasks.filter(({ id }) => {
      const other = order(id);
      return other !== null && own !== null && other < own && !busy.has(id);
    });
    if (own === null) throw new Error(`${task} is merged, but is not waiting for it`);
    const orders = tasks.map((id) => order(id) ?? 0);
    if (orders.some((each, at) => at > 0 && each <= (orders[at - 1] ?? 0)))
      throw new Error(`${tasks.join(', ')} is not the order they came in`);
    if (earlier.length > 0 && !validating)
      throw new Error(`${tasks.join(', ')} are merged before ${earlier.map(({ id }) => id).join(', ')}`);
  }

  /** `agents`: how many are alive. A queued task that is being stopped is busy without an agent. */
  slots(agents: number, busy: ReadonlySet<string>): void {
    const { maxConcurrency } = this.plan.settings;
    if (agents > maxConcurrency) throw new Error(`${agents} agents at once`);
    const given = [...this.history.state.tasks.values()].filter(
      ({ id, state }) =>
        state.state === 'running' || (busy.has(id) && (state.state === 'queued' || state.state === 'worktree_created')),
    );
    if (given.length > maxConcurrency && given.every(({ state }) => state.state === 'running'))
      throw new Error(`${given.length} tasks in ${maxConcurrency} slots`);
  }

  replays(): void {
    const { plan, history } = this;
    if (JSON.stringify(plainState(replay(plan, history.records))) !== JSON.stringify(plainState(history.state)))
      throw new Error('replaying gives another state');
  }

  /** `validatedAt`: how many commits the target had then. */
  over(validatedAt: ReadonlyMap<number, number>): void {
    const { target } = this.world;
    this.replays();
    const { phase, validations } = this.history.state;
    for (const record of this.history.state.tasks.values()) {
      if (!isSettled(record.state)) throw new Error(`the run ended with ${record.id} ${record.state.state}`);
      const good = record.state.state === 'complete' || record.state.state === 'skipped';
      if (phase.kind === 'finished' && phase.state === 'completed' && !good)
        throw new Error(`completed with ${record.id} ${record.state.state}`);
      this.paidOnce(record);
    }
    for (const { number, tasks } of this.plan.waves) {
      if (validations.get(number)?.kind !== 'passed') continue;
      for (const id of tasks) {
        const { state } = this.history.task(id);
        // A wave that counts as validated was validated with everything of it that is on the target.
        if (state.state === 'complete' && target.indexOf(state.landed) >= (validatedAt.get(number) ?? 0))
          throw new Error(`${id} is in wave ${number}, validated without it`);
      }
    }
  }

  private paidOnce({ id, costUsd }: TaskRecord): void {
    const ended = new Set(
      this.history.records.flatMap(({ event }) =>
        event.type === 'attempt_ended' && event.task === id ? [event.attempt] : [],
      ),
    );
    if (costUsd !== ended.size) throw new Error(`${id} had ${ended.size} attempts and cost ${costUsd}`);
  }

  private requeued({ task, why }: Extract<RunEvent, { type: 'task_requeued' }>): void {
    switch (why) {
      case 'lost': {
        const inARow = (this.lostInARow.get(task) ?? 0) + 1;
        this.lostInARow.set(task, inARow);
        if (inARow >= MOST_LOST) throw new Error(`${task} was lost ${inARow} times in a row and goes on`);
        return;
      }
      case 'retry':
        this.retries.delete(task);
        this.lostInARow.delete(task);
        this.ends.delete(task);
        return;
      case 'paused':
        if (this.ends.get(task)?.why !== 'paused')
          throw new Error(`${task} was not stopped for a pause and waits like it`);
        return;
      case 'resumed':
      case 'selected':
      case 'unblocked':
        return;
    }
  }

  /** A limit, a crash or a pause is neither a failure nor a retry of the attempt it stopped. */
  private noFailure(task: string, what: string): void {
    const last = this.ends.get(task);
    if (!this.isRunning(task) || last === undefined) return;
    // One that was stopped, by an abort whose supervisor then crashed, ended by a signal.
    const isNone = !last.stopped && (last.end === 'limit' || last.end === 'success');
    if (isNone) throw new Error(`${task} ${what}, and its agent ended with ${last.end}`);
  }

  /** What another attempt may mend is tried again as often as the plan says. */
  private hasNoRetries({ task, reason }: Extract<RunEvent, { type: 'task_failed' }>): void {
    const last = this.ends.get(task);
    const mayBeMended = last?.end === 'failure' && last.why === null && this.isRunning(task);
    if (!mayBeMended && reason !== 'verify_failed') return;
    if ((this.retries.get(task) ?? 0) < this.planned(task).retries) throw new Error(`${task} fails with retries left`);
  }

  /** Finished work fails only because of its own faults. */
  private mayFailMerge({ task, reason }: Extract<RunEvent, { type: 'task_failed' }>): void {
    if (this.history.task(task).state.state !== 'merge_pending') return;
    const end = this.branches.get(task)?.end ?? 'clean';
    const mayFail = reason === 'verify_failed' ? end === 'clean' : end === 'scope' || end === 'unrelated';
    if (!mayFail || WAITS.includes(end)) throw new Error(`${task} is ${end} and fails as ${reason}`);
  }

  private isRunning(task: string): boolean {
    return this.history.task(task).state.state === 'running';
  }

  private planned(id: string): PlannedTask {
    const task = this.plan.tasks.find((candidate) => candidate.id === id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }
}
