import { setTimeout as delay } from 'node:timers/promises';
import { nextCalls, stepsOf, type KnownIssue, type NextCall, type Outbox } from '../../core/beads/next-calls.js';
import { TaskReports } from '../../core/beads/task-reports.js';
import { toldAfter, toldOf, type Told } from '../../core/beads/told.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { Plan } from '../../core/plan/plan.js';
import type { RunListener } from '../../core/run/run-listener.js';
import type { RunState } from '../../core/run/run-state.js';
import { JournalReader } from '../../store/journal/journal-reader.js';
import { writeTold } from '../../store/runs/beads-told.js';
import { errorText } from '../run/error-text.js';
import type { BdDoor } from './bd-door.js';

/** After a call that failed, bd is left alone for half of the time between two looks at the queue: 15 s by default. */
const AGAIN_OF_POLL = 0.5;
/** At the run's end bd has this long for each answer, and for all together; the rest is told at the next start. */
const ANSWER_MS = 10_000;
const GOODBYE_MS = 120_000;
const LOOK_MS = 100;

export interface TellerHost {
  readonly plan: Plan;
  readonly door: BdDoor;
  readonly files: { readonly journal: string; readonly told: string };
  readonly told: Told;
  /** Throws once another supervisor owns the run. */
  readonly assertHeld: () => void;
  /** Beads refused something about a task: somebody else has it, or it is gone. */
  readonly refused: (task: string, why: string) => Promise<void>;
  /** The end of a task's log, without secrets. */
  readonly lastLines: (task: string) => Promise<readonly string[]>;
  readonly log: (line: string) => void;
}

/**
 * Tells Beads what becomes of the tasks: each thing once, in order, beside the run. What was told is kept after each
 * call; calls can be repeated, so that a crash in between doubles nothing.
 */
export class Teller implements RunListener {
  /** The last call failed. */
  hasFailed = false;
  /** The number of the last record of the journal that is among what has to be told. */
  heard = 0;
  /** When bd answered last, by the clock of this process. */
  answeredAt = -Infinity;
  private working: Promise<void> | null = null;
  private notBefore = -Infinity;
  private now: Told;
  private readonly journal: JournalReader;
  private readonly reports: TaskReports;
  private known: ReadonlyMap<string, KnownIssue> = new Map();

  constructor(private readonly host: TellerHost) {
    this.now = host.told;
    this.journal = new JournalReader(host.files.journal);
    this.reports = new TaskReports({ ...host.plan, tasks: [...host.plan.tasks] });
  }

  get told(): Told {
    return this.now;
  }

  /** Whether something is still to be told. */
  get isBehind(): boolean {
    return this.outboxes().length > 0;
  }

  /** What the issues are, as they were seen last. */
  see(issues: ReadonlyMap<string, KnownIssue>): void {
    this.known = issues;
  }

  async tell(state: RunState): Promise<void> {
    this.reports.read(await this.journal.records());
    this.heard = state.seq;
    if (state.phase.kind !== 'finished') this.goOn();
    else await this.finish();
  }

  /** Tries again what failed; called now and then. */
  goOn(): void {
    if (this.working !== null || performance.now() < this.notBefore || !this.isBehind) return;
    this.working = this.work().finally(() => {
      this.working = null;
    });
  }

  private async finish(): Promise<void> {
    const began = performance.now();
    while (this.isBehind && isInTime(began, this.answeredAt)) {
      this.goOn();
      const call = this.underWay();
      if (call === null) break; // it failed just now, and is not tried again here
      await Promise.race([call, delay(LOOK_MS)]);
    }
    if (this.isBehind) this.host.log('beads: not told everything; the rest is told when the same command runs again');
    else await writeTold(this.host.files.told, { ...this.now, settled: true });
  }

  private underWay(): Promise<void> | null {
    return this.working;
  }

  private async work(): Promise<void> {
    try {
      for (let open = this.outboxes(); open.length > 0; open = this.outboxes()) {
        for (const next of nextCalls(open, await this.context(open))) await this.tellNext(next);
      }
    } catch (error) {
      this.hasFailed = true;
      this.notBefore = performance.now() + this.host.plan.settings.beads.pollSeconds * 1000 * AGAIN_OF_POLL;
      this.host.log(`beads: told later: ${errorText(error)}`);
    }
  }

  private async tellNext(next: NextCall): Promise<void> {
    const { door, files, assertHeld, refused, log } = this.host;
    const outcome = await door.call(async (bd) => {
      assertHeld();
      failpoint('beads.tell.before');
      const answer = await bd.tell(next.call);
      failpoint('beads.tell.after');
      return answer;
    });
    this.hasFailed = false;
    this.answeredAt = performance.now();
    this.now = toldAfter(this.now, next, outcome.refused);
    await writeTold(files.told, this.now);
    for (const { id, why } of outcome.refused) {
      log(`beads: ${next.call.kind} of ${id} refused: ${why}`);
      await refused(id, why);
    }
  }

  private outboxes(): Outbox[] {
    return this.host.plan.tasks.flatMap(({ id }): Outbox[] => {
      const { steps: done, refused } = toldOf(this.now, id);
      const steps = stepsOf(this.reports.of(id));
      return refused !== null || done >= steps.length ? [] : [{ task: id, steps, done }];
    });
  }

  private async context(open: readonly Outbox[]): Promise<Parameters<typeof nextCalls>[1]> {
    const lines = new Map<string, readonly string[]>();
    for (const { task, steps, done } of open) {
      if (steps[done]?.kind === 'comment') lines.set(task, await this.host.lastLines(task));
    }
    return {
      runId: this.host.plan.runId,
      known: (task) => this.known.get(task) ?? null,
      lastLines: (task) => lines.get(task) ?? [],
    };
  }
}

/** Whether bd is still waited for at the end of a run: it answers, and the run has not been over for too long. */
export function isInTime(since: number, answeredAt: number): boolean {
  const now = performance.now();
  return now - Math.max(since, answeredAt) < ANSWER_MS && now - since < GOODBYE_MS;
}
