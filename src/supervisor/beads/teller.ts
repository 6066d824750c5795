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

/** After a call that failed, bd is left alone for this long. */
const AGAIN_MS = 15_000;
/** At the run's end what is left to tell gets this long; the rest is told at the next start. */
const GOODBYE_MS = 10_000;

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
    const late = new AbortController();
    const rest = async (): Promise<void> => {
      await this.working; // a call that fails now is not tried again here
      this.goOn();
      await this.working;
    };
    await Promise.race([rest(), delay(GOODBYE_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    if (this.isBehind) this.host.log('beads: not told everything; the rest is told when the same command runs again');
    else await writeTold(this.host.files.told, { ...this.now, settled: true });
  }

  private async work(): Promise<void> {
    try {
      for (let open = this.outboxes(); open.length > 0; open = this.outboxes()) {
        for (const next of nextCalls(open, await this.context(open))) await this.tellNext(next);
      }
    } catch (error) {
      this.hasFailed = true;
      this.notBefore = performance.now() + AGAIN_MS;
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
