import { O8Error } from '../../core/base/errors.js';
import type { QueueSnapshot } from '../../core/report/queue-snapshot.js';
import type { RunListener } from '../../core/run/run-listener.js';
import { countStates, type RunState } from '../../core/run/run-state.js';
import { runStateName, taskView } from '../../core/report/status-view.js';
import { sourceListeners } from '../../sources/plan-readers.js';
import { hasQueueFile, writeQueueFile } from '../../store/runs/queue-file.js';
import type { AgentWatch } from '../attempts/agent-watch.js';
import { errorText } from '../run/error-text.js';
import { keepLogLinks } from '../run/keep-log-links.js';
import { attemptOf, recordOf, type Run } from '../run/run.js';
import { targetName, targetOf } from '../../core/plan/target.js';

/** Figures that are newer than the journal (cost, last activity) are written at most this often. */
const LIVE_FIGURES_MS = 1000;
/** People and scripts see by its time that the file is kept, also while nothing changes. */
const STILL_ALIVE_MS = 5000;

/** What the file was written from; all else in it is fixed with the run. */
interface Written {
  readonly seq: number;
  readonly figures: number;
  readonly holdBack: string | null;
  /** By a clock that only goes forward. */
  readonly at: number;
}

/**
 * Writes files for other readers and calls the listeners of the run's source. All of it is derived from the journal.
 */
export class Publisher {
  private lookedAt = -Infinity;
  private written: Written | null = null;
  private heard = -1;
  private readonly told = new Set<string>();
  private readonly listeners: readonly RunListener[];
  /**
   * Listeners run concurrently with the loop: waiting for a manifest's lock may take seconds if its owner was killed.
   */
  private telling: Promise<void> | null = null;

  constructor(
    private readonly run: Run,
    private readonly agents: AgentWatch,
    /** Cleaning up an older run must not hide the newest one. */
    private readonly newest: boolean,
    listeners: readonly RunListener[],
  ) {
    this.listeners = [...sourceListeners(run.plan, { state: run.ledger.state, guard: run.serialise }), ...listeners];
  }

  async publish(holdBack: string | null, supervisor: 'alive' | 'ended'): Promise<void> {
    const { state } = this.run.ledger;
    const now = performance.now();
    const isLast = supervisor === 'ended';
    const due = now - this.lookedAt >= LIVE_FIGURES_MS;
    if (!isLast && state.seq === this.written?.seq && !due) return;
    this.run.lease.assertHeld();
    if (due) this.lookedAt = now;
    const next: Written = { seq: state.seq, figures: this.agents.version, holdBack, at: now };
    if (isLast || this.isNews(next)) {
      if (this.newest)
        await this.mirror(() => writeQueueFile(this.run.plan.root, this.snapshot(state, holdBack, supervisor)));
      this.written = next;
    }
    if (due || isLast) await this.mirror(() => keepLogLinks(this.run));
    if (isLast) {
      await this.telling;
      await this.tell(state);
    } else this.startTelling(state);
  }

  /** Also when somebody removed the file. */
  private isNews({ seq, figures, holdBack, at }: Written): boolean {
    const { written } = this;
    if (seq !== written?.seq || at - written.at >= STILL_ALIVE_MS) return true;
    if (figures !== written.figures || holdBack !== written.holdBack) return true;
    return this.newest && !hasQueueFile(this.run.plan.root);
  }

  /** A failed write of the copy in the checkout does not stop the run; it is reported once. */
  private async mirror(copy: () => Promise<void>): Promise<void> {
    try {
      await copy();
    } catch (error) {
      if (error instanceof O8Error && error.code === 'disk_full') throw error;
      const text = errorText(error);
      if (!this.told.has(text)) this.run.log(`not mirrored in the checkout: ${text}`);
      this.told.add(text);
    }
  }

  private snapshot(state: RunState, holdBack: string | null, supervisor: 'alive' | 'ended'): QueueSnapshot {
    const { plan } = this.run;
    const live = this.agents.figures();
    return {
      version: 1,
      runId: plan.runId,
      state: runStateName(state, true),
      base: plan.base.branch,
      target: targetName(targetOf(plan)),
      supervisor: { pid: process.pid, alive: supervisor === 'alive' },
      counts: countStates(state),
      cursor: state.seq,
      updatedAt: this.run.now().toISOString(),
      holdBack,
      tasks: plan.tasks.map((task) => {
        const record = recordOf(this.run, task.id);
        const log = attemptOf(this.run, task.id, Math.max(1, record.attempt)).log;
        return taskView(plan, task, record, live.get(task.id) ?? null, log);
      }),
      live: Object.fromEntries(live),
    };
  }

  private startTelling(state: RunState): void {
    if (this.telling !== null || state.seq === this.heard) return;
    this.heard = state.seq;
    this.telling = this.tell(state).finally(() => {
      this.telling = null;
    });
  }

  /** A manifest that was broken or moved does not stop the run; the journal has everything. */
  private async tell(state: RunState): Promise<void> {
    for (const listener of this.listeners) {
      try {
        await listener.tell(state);
      } catch (error) {
        this.run.log(errorText(error));
      }
    }
  }
}
