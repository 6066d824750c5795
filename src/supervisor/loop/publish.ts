import { O8Error } from '../../core/base/errors.js';
import { executionBlock, type ExecutionTask } from '../../core/report/manifest-execution.js';
import type { QueueSnapshot } from '../../core/report/queue-snapshot.js';
import { countStates, type RunState } from '../../core/run/run-state.js';
import { runStateName, taskView } from '../../core/report/status-view.js';
import { writeExecution } from '../../sources/manifest/write-execution.js';
import { writeQueueFile } from '../../store/runs/queue-file.js';
import type { AgentWatch } from '../attempts/agent-watch.js';
import { errorText } from '../run/error-text.js';
import { keepLogLinks } from '../run/keep-log-links.js';
import { attemptOf, recordOf, type Run } from '../run/run.js';
import { targetName, targetOf } from '../../core/plan/target.js';

/** Figures that are newer than the journal (cost, last activity) are written at most this often. */
const LIVE_FIGURES_MS = 1000;

/** Writes what others read: the queue file, and the manifest's `execution` block. Both are derived, never the truth. */
export class Publisher {
  private published = -1;
  private written = -1;
  private publishedAt = 0;
  private block = '';
  private readonly told = new Set<string>();
  /** The manifest is written beside the loop: its turn may take seconds when a process was killed in its own. */
  private writing: Promise<void> | null = null;

  constructor(
    private readonly run: Run,
    private readonly agents: AgentWatch,
    /** Tidying up an older run must not hide the newest one. */
    private readonly newest: boolean,
  ) {
    // Who restores the manifest to let a branch that edits it land must not find it written again before it landed.
    const { state } = run.ledger;
    if (state.phase.kind === 'finished') this.block = JSON.stringify(this.blockOf(state));
  }

  async publish(holdBack: string | null, supervisor: 'alive' | 'ended'): Promise<void> {
    const { state } = this.run.ledger;
    const now = this.run.now();
    const due = now.getTime() - this.publishedAt >= LIVE_FIGURES_MS;
    if (supervisor === 'alive' && state.seq === this.published && !due) return;
    this.run.lease.assertHeld();
    if (this.newest)
      await this.mirror(() => writeQueueFile(this.run.plan.root, this.snapshot(state, now, holdBack, supervisor)));
    if (due) await this.mirror(() => keepLogLinks(this.run));
    if (supervisor === 'ended') {
      await this.writing;
      await this.publishExecution(state);
    } else this.startWriting(state);
    this.published = state.seq;
    this.publishedAt = now.getTime();
  }

  /** A checkout in which a copy cannot be written (a folder has its name) does not stop the run: it is told once. */
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

  private snapshot(state: RunState, now: Date, holdBack: string | null, supervisor: 'alive' | 'ended'): QueueSnapshot {
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
      updatedAt: now.toISOString(),
      holdBack,
      tasks: plan.tasks.map((task) => {
        const record = recordOf(this.run, task.id);
        const log = attemptOf(this.run, task.id, Math.max(1, record.attempt)).log;
        return taskView(plan, task, record, live.get(task.id) ?? null, log);
      }),
      live: Object.fromEntries(live),
    };
  }

  private blockOf(state: RunState): ReturnType<typeof executionBlock> {
    return executionBlock(this.run.plan, executionTasks(state));
  }

  private startWriting(state: RunState): void {
    if (this.writing !== null || state.seq === this.written) return;
    this.written = state.seq;
    this.writing = this.publishExecution(state).finally(() => {
      this.writing = null;
    });
  }

  /** A manifest somebody broke or moved meanwhile does not stop the run; the journal has everything. */
  private async publishExecution(state: RunState): Promise<void> {
    const { source } = this.run.plan;
    if (source.kind !== 'manifest') return;
    const block = this.blockOf(state);
    const text = JSON.stringify(block);
    if (text === this.block) return;
    try {
      await writeExecution(source.manifest, block, this.run.serialise);
      this.block = text;
    } catch (error) {
      this.run.log(`execution block not written: ${errorText(error)}`);
    }
  }
}

function executionTasks(state: RunState): ReadonlyMap<string, ExecutionTask> {
  return new Map(
    [...state.tasks.values()].map(({ id, state: task }): [string, ExecutionTask] => {
      if (task.state === 'merge_pending' && task.hold !== null)
        return [id, { state: 'merge_conflict', reason: task.hold.held === null ? 'waiting_to_merge' : 'held' }];
      if (task.state === 'failed') return [id, { state: task.state, reason: task.reason }];
      if (task.state === 'skipped') return [id, { state: task.state, reason: task.why }];
      return [id, { state: task.state }];
    }),
  );
}
