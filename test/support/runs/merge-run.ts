import type { JournalRecord, RunEvent } from '../../../src/core/run/events.js';
import type { Lease } from '../../../src/core/base/lease.js';
import type { Plan } from '../../../src/core/plan/plan.js';
import { applyRecord, initialState } from '../../../src/core/run/replay.js';
import type { MergeStrategy } from '../../../src/core/settings/settings.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { openJournal, type Journal } from '../../../src/store/journal/journal.js';
import { runHome, runPaths } from '../../../src/store/files/paths.js';
import { Interrupts } from '../../../src/supervisor/run/interrupts.js';
import { openLedger } from '../../../src/supervisor/run/ledger.js';
import { mergeTasks } from '../../../src/supervisor/merge/merge-queue.js';
import { recordDone } from '../../../src/supervisor/run/record-done.js';
import { plannedTask, recordOf, type Run } from '../../../src/supervisor/run/run.js';
import { Turns } from '../../../src/supervisor/run/turns.js';
import { VerifyNumbers } from '../../../src/supervisor/run/verify-numbers.js';
import { planOf } from './plan-fixture.js';
import { thisMachine } from '../../../src/process/attempts/this-machine.js';

export interface MergeRunOptions {
  readonly root: string;
  /** The target starts there; its branch exists already. */
  readonly base: string;
  readonly tasks: readonly { readonly id: string; readonly branch: string; readonly tip: string }[];
  readonly strategy: MergeStrategy;
  readonly verify: string | null;
  /** `base`: onto `main` itself, in the checkout that has it. */
  readonly into: 'integration' | 'base';
  /** What a journal in memory leaves out is the waiting for the disk. */
  readonly journal: 'memory' | 'file';
}

/** A run as its supervisor has it, without the lock. */
export function runOf(plan: Plan, repo: Repository, ledger: Run['ledger']): Run {
  return {
    plan,
    home: runHome(repo),
    repo,
    lease: { runId: plan.runId, generation: 1, assertHeld: () => undefined },
    ledger,
    serialise: async (work) => work(),
    env: process.env,
    redact: (text) => text,
    now: () => new Date(),
    log: () => undefined,
    interrupts: new Interrupts(),
    verifyNumbers: new VerifyNumbers(),
    removals: new Turns(),
    place: thisMachine(),
    delivery: null,
  };
}

/** A run without a supervisor and without agents: o8's merge queue alone. */
export class MergeRun {
  private constructor(
    private readonly run: Run,
    private readonly tips: ReadonlyMap<string, string>,
    /** Everything that was recorded, in order. */
    readonly events: readonly RunEvent[],
    private readonly journal: Journal | null,
  ) {}

  static async open(o: MergeRunOptions): Promise<MergeRun> {
    const plan = planIn(o);
    const events: RunEvent[] = [];
    const repo = await openRepository(o.root);
    const lease: Lease = { runId: plan.runId, generation: 1, assertHeld: () => undefined };
    const journal = o.journal === 'file' ? await openJournal(runPaths(runHome(repo), plan.runId).journal, lease) : null;
    const run = runOf(plan, repo, journal === null ? ledgerInMemory(plan, events) : openLedger(plan, journal));
    return new MergeRun(run, new Map(o.tasks.map(({ id, tip }) => [id, tip])), events, journal);
  }

  async close(): Promise<void> {
    await this.journal?.close();
  }

  /** The ref that the tasks land on. */
  get target(): string {
    return this.run.plan.target.ref;
  }

  stateOf(id: string): ReturnType<typeof recordOf>['state'] {
    return recordOf(this.run, id).state;
  }

  /** These tasks' agents are done, in this order; the queue takes them together. */
  async finish(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await recordDone(this.run, { task: id, tip: this.tips.get(id) ?? '', commits: 1, notes: [] });
    }
    await mergeTasks(
      this.run,
      ids.map((id) => plannedTask(this.run, id)),
    );
  }
}

/** The branch that the tasks of every `MergeRun` into `integration` land on. */
export const TARGET_BRANCH = planOf([]).target.branch ?? '';

function planIn({ root, base, tasks, strategy, verify, into }: MergeRunOptions): Plan {
  const plan = planOf(
    tasks.map(({ id }) => ({ id, verify })),
    { settings: { merge: { strategy, into }, retries: 0, scope: 'off' } },
  );
  const branches = new Map(tasks.map(({ id, branch }) => [id, branch]));
  return {
    ...plan,
    root,
    base: { branch: 'main', commit: base },
    tasks: plan.tasks.map((task) => ({ ...task, branch: branches.get(task.id) ?? '' })),
  };
}

/** Puts what is recorded into `events`. */
export function ledgerInMemory(plan: Plan, events: RunEvent[]): Run['ledger'] {
  let state = initialState(plan);
  return {
    get state() {
      return state;
    },
    record: async (...added) => {
      for (const event of added) {
        const record: JournalRecord = { seq: state.seq + 1, at: new Date().toISOString(), event };
        state = applyRecord(state, record);
        events.push(event);
      }
      return Promise.resolve();
    },
  };
}
