import type { AgentOutput, ReadingTime } from '../../core/agents/base/agent-facts.js';
import { taskAgent } from '../../core/agents/kinds.js';
import { AttendedTime } from '../../core/base/attended-time.js';
import type { AgentFact } from '../../core/run/decide.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import type { LiveFigures } from '../../core/report/status-view.js';
import { inWorktree } from '../../core/text/worktree-text.js';
import type { PlacedAttempt, PlacedStatus } from '../../core/run/place.js';
import { foldAgentOutput } from '../../store/logs/agent-output.js';
import { openPipelineLog, type PipelineLog } from '../../store/logs/pipeline-log.js';
import { noteOverage } from './note-overage.js';
import { attemptOf, placedAttempt, plannedTask, recordOf, type Run } from '../run/run.js';

/** Output is read once a second, which takes a tenth of the CPU time of reading each line when it is written. */
const PUMP_MS = 1000;

interface Watched {
  readonly attempt: number;
  readonly placed: PlacedAttempt;
  readonly log: PipelineLog;
  readonly watcher: { close(): void };
  stream: AgentOutput;
  activity: string | null;
  lastOutputAt: number;
  /** When the agent's final result was read; null if more output followed. */
  finishedAt: number | null;
  pumpedAt: number;
  outputMB: number;
  fact: AgentFact;
}

/** Observes the agents of running tasks: whether they run, how long they have been silent, and their latest output. */
export class AgentWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly attended = new AttendedTime(performance.now());
  private changes = 0;

  constructor(
    private readonly run: Run,
    private readonly wake: () => void,
  ) {}

  /** Grows when the figures have changed. */
  get version(): number {
    return this.changes;
  }

  /** Ignores tasks that a job is working on, because the job records their state. */
  async observe(busy: ReadonlySet<string>): Promise<void> {
    const now = this.time();
    const running = this.run.plan.tasks.filter(({ id }) => recordOf(this.run, id).state.state === 'running');
    for (const id of this.watched.keys()) if (!running.some((task) => task.id === id)) this.forget(id);
    for (const { id } of running.filter((task) => !busy.has(task.id))) {
      const watched = await this.watchedOf(id);
      const status = await this.run.place.status(watched.placed);
      await this.recordStart(id, watched.attempt, status);
      await this.pump(id, watched, now);
      // An agent that is still being started is not silent.
      if (watched.fact.kind === 'starting' && status.kind === 'running') watched.lastOutputAt = now;
      watched.fact = this.factOf(id, watched, status, now);
    }
  }

  facts(): ReadonlyMap<string, AgentFact> {
    return new Map([...this.watched].map(([id, { fact }]) => [id, fact]));
  }

  anyStarts(): boolean {
    return [...this.watched.values()].some(({ fact }) => fact.kind === 'starting');
  }

  figures(): ReadonlyMap<string, LiveFigures> {
    return new Map(
      [...this.watched].map(([id, { stream, activity }]) => [
        id,
        {
          costUsd: stream.facts.costUsd ?? 0,
          tokens: this.isOfProcess(id) ? stream.facts.tokens : 0, // tokens of a session include those of earlier attempts
          lastActivity: shown(stream.facts.activity ?? activity, plannedTask(this.run, id)),
        },
      ]),
    );
  }

  private time(): number {
    return this.attended.at(performance.now());
  }

  private isOfProcess(id: string): boolean {
    return taskAgent(this.run.plan.settings, plannedTask(this.run, id).agent).agent.tokensOf === 'process';
  }

  close(): void {
    for (const id of [...this.watched.keys()]) this.forget(id);
  }

  async finishLog(id: string, exitCode: number): Promise<void> {
    const watched = await this.watchedOf(id);
    await watched.log.finish(this.run.now(), exitCode);
  }

  private forget(id: string): void {
    this.watched.get(id)?.watcher.close();
    if (this.watched.delete(id)) this.changes += 1;
  }

  private async watchedOf(id: string): Promise<Watched> {
    const { attempt } = recordOf(this.run, id);
    const known = this.watched.get(id);
    if (known?.attempt === attempt) return known;
    this.forget(id);
    const files = attemptOf(this.run, id, attempt);
    const log = await openPipelineLog(files, id, this.run.redact);
    const stream = await this.streamUpTo(id, files.output, log.stdoutBytes);
    const placed = placedAttempt(this.run, id, attempt);
    const watcher = this.run.place.watch(placed, this.wake);
    const now = this.time();
    const fresh: Watched = {
      attempt,
      placed,
      log,
      watcher,
      stream,
      activity: null,
      lastOutputAt: now,
      finishedAt: stream.facts.finished ? now : null,
      pumpedAt: -Infinity,
      outputMB: 0,
      fact: { kind: 'starting' },
    };
    this.watched.set(id, fresh);
    this.changes += 1;
    return fresh;
  }

  private async recordStart(id: string, attempt: number, status: PlacedStatus): Promise<void> {
    const { state } = recordOf(this.run, id);
    if (state.state !== 'running' || state.process.kind !== 'intended') return;
    const pid = status.kind === 'running' || status.kind === 'ended' ? status.pid : null;
    if (pid !== null) await this.run.ledger.record({ type: 'attempt_started', task: id, attempt, pid });
  }

  /** Reads the part of the output that an earlier supervisor of the run had read. */
  private async streamUpTo(id: string, output: string, bytes: number): Promise<AgentOutput> {
    const { agent } = taskAgent(this.run.plan.settings, plannedTask(this.run, id).agent);
    if (bytes === 0) return agent.output;
    const time = this.readingTime();
    return foldAgentOutput(output, agent.output, (read, line) => read.add(line, time), bytes);
  }

  private readingTime(): ReadingTime {
    return { now: this.run.now(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  }

  private async pump(id: string, watched: Watched, tick: number): Promise<void> {
    if (tick - watched.pumpedAt < PUMP_MS) return;
    watched.pumpedAt = tick;
    const { lines, output } = await watched.log.pump(this.run.now());
    watched.outputMB = watched.log.writtenBytes / (1024 * 1024);
    if (lines.length === 0) return;
    this.changes += 1;
    watched.lastOutputAt = tick;
    const time = this.readingTime();
    const before = watched.stream.facts;
    watched.activity = lines.at(-1)?.text.slice(0, 120) ?? watched.activity;
    for (const line of output) watched.stream = watched.stream.add(line, time);
    const { facts } = watched.stream;
    // The wait starts again if another result follows after more turns.
    if (facts.result !== before.result || !facts.finished) watched.finishedAt = facts.finished ? tick : null;
    if (facts.overage && !before.overage) await noteOverage(this.run, id);
  }

  private factOf(id: string, watched: Watched, status: PlacedStatus, now: number): AgentFact {
    switch (status.kind) {
      case 'starting':
        return { kind: 'starting' };
      case 'running':
        return {
          kind: 'running',
          quietMs: Math.max(0, watched.pumpedAt - watched.lastOutputAt), // up to the last time output was read
          finishedMs: watched.finishedAt === null ? null : now - watched.finishedAt,
          unguarded: watched.stream.facts.unguarded !== null,
          outputMB: watched.outputMB,
          unattendedMs: status.attended ? null : this.runningMs(id),
        };
      case 'unclaimed':
      case 'void':
      case 'ended':
      case 'lost':
        return { kind: 'over' };
    }
  }

  private runningMs(id: string): number {
    const { state } = recordOf(this.run, id);
    return state.state === 'running' ? this.run.now().getTime() - new Date(state.since).getTime() : 0;
  }
}

function shown(activity: string | null, { worktree }: PlannedTask): string | null {
  return activity === null ? null : inWorktree(activity, worktree);
}
