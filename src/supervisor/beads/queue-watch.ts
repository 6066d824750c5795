import { O8Error } from '../../core/base/errors.js';
import type { Issue } from '../../core/beads/issue.js';
import { lookAtTasks, waitsForUs, type LookStep } from '../../core/beads/look.js';
import { epicsToClose, issueTree } from '../../core/beads/issue-tree.js';
import { selectIssues, type Selection } from '../../core/beads/select-issues.js';
import { wantedIssues } from '../../core/beads/wanted-issues.js';
import { ALL_EPICS } from '../../core/plan/beads-source.js';
import { toldOf } from '../../core/beads/told.js';
import { planTask } from '../../core/plan/build-plan.js';
import type { RunEvent } from '../../core/run/events.js';
import { isAtRest } from '../../core/run/run-state.js';
import { targetOf, wayToLand } from '../../core/plan/target.js';
import { resolveCommit } from '../../git/refs/refs.js';
import { readTasks } from '../../sources/beads/beads-plan.js';
import { continueRun } from '../attempts/start-over.js';
import { errorText } from '../run/error-text.js';
import { addTask, type Outside } from '../run/outside.js';
import { recordOf, type Run } from '../run/run.js';
import type { BdDoor } from './bd-door.js';
import { isInTime, type Teller } from './teller.js';

/** A run that goes on waits this long for its first look, so that what was reset by hand does not start as it was. */
const FIRST_LOOK_MS = 10_000;

/** Twice what a call may take; a look is two. */
const LOOK_MS = 120_000;
/** The end of a run waits this long for an answer about what gets ready. */
const LAST_LOOK_MS = 10_000;
const LIMIT_EVERY_MS = 500;

interface Seen {
  readonly issues: ReadonlyMap<string, Issue>;
  readonly selected: Selection;
  /** Epics whose issues are all closed. */
  readonly finished: readonly string[];
  /** What Beads had been told when it was asked. */
  readonly told: (task: string) => string | null;
}

export interface QueueOptions {
  readonly epic: string;
  readonly actor: string;
  readonly door: BdDoor;
  readonly teller: Teller;
  /** Something was done before this supervisor. */
  readonly goesOn: boolean;
}

/** Looks at the queue of a run: what is ready joins it, and what was changed by hand is taken as it is. */
export class QueueWatch implements Outside {
  readonly name = 'beads';
  private readonly began = performance.now();
  private lookedAt: number | null = null;
  private hasAnswered = false;
  private waits = false;
  /** Since when all tasks are at rest and Beads has to hear the last of it. */
  private restSince: number | null = null;
  /** What Beads was told when it was looked at last: what was told since may have made more ready. */
  private toldThen: unknown = null;
  private busy: ReadonlySet<string> = new Set();

  constructor(
    private readonly run: Run,
    private readonly o: QueueOptions,
  ) {}

  due(busyTasks: ReadonlySet<string>): (() => Promise<void>) | null {
    const { phase } = this.run.ledger.state;
    this.busy = busyTasks;
    if (phase.kind === 'aborting' || (phase.kind === 'finished' && !this.isUnasked)) return null;
    this.o.teller.goOn();
    if (!this.isAtRest()) this.restSince = null;
    const pollMs = this.run.plan.settings.beads.pollSeconds * 1000;
    const passed = this.lookedAt === null ? Infinity : performance.now() - this.lookedAt;
    const last = this.isAtRest() && this.isOutdated() && !this.o.teller.isBehind;
    if (passed < pollMs && !last) return null;
    return () => this.look();
  }

  /** A bd that fails or does not answer holds nobody. */
  get moreTasks(): boolean {
    if (!this.hasAnswered || this.o.teller.hasFailed) return false;
    return this.waits || this.hasNews();
  }

  /** Also of a run that has finished: for what Beads was not told, and what gets ready by what it is told now. */
  get isUnasked(): boolean {
    if (this.lookedAt === null) return this.o.goesOn && performance.now() - this.began < LAST_LOOK_MS;
    return this.hasAnswered && !this.o.teller.hasFailed && this.hasNews();
  }

  /** Beads is being told something, or was since it was looked at; at the end of a run only for a while. */
  private hasNews(): boolean {
    // Listeners hear beside the loop: the end of the last task must not end the run before the teller knows of it.
    const isUnheard = this.o.teller.heard < this.run.ledger.state.seq;
    if (!isUnheard && !this.o.teller.isBehind && !this.isOutdated()) {
      this.restSince = null; // tasks also rest while their pull requests are open: what comes after has its own time
      return false;
    }
    if (!this.isAtRest()) return true;
    this.restSince ??= performance.now();
    return isInTime(this.restSince, this.o.teller.answeredAt);
  }

  get holdBack(): string | null {
    if (!this.o.goesOn || this.lookedAt !== null || performance.now() - this.began > FIRST_LOOK_MS) return null;
    return 'looking at the issues in Beads first';
  }

  private isAtRest(): boolean {
    return [...this.run.ledger.state.tasks.values()].every(isAtRest);
  }

  private isOutdated(): boolean {
    return this.toldThen !== this.o.teller.told;
  }

  private async look(): Promise<void> {
    const first = this.lookedAt === null;
    try {
      const seen = await this.inTime(this.ask());
      this.o.teller.see(seen.issues);
      this.hasAnswered = true;
      for (const step of lookAtTasks(this.run.plan, this.run.ledger.state, {
        issues: seen.issues,
        actor: this.o.actor,
        told: seen.told,
        isBusy: (task) => this.busy.has(task),
        isFirst: first,
      })) {
        await this.take(step);
      }
      await this.join(seen.selected);
      await this.close(seen.finished);
      this.waits = waitsForUs(this.run.ledger.state, waitingIn(seen.selected), (id) => this.isClosing(id));
    } catch (error) {
      this.hasAnswered = false;
      this.run.log(`beads: not looked at: ${errorText(error)}`);
    } finally {
      this.lookedAt = performance.now();
    }
  }

  /** When the run ends meanwhile, its supervisor does not wait as long. */
  private async inTime<T>(answer: Promise<T>): Promise<T> {
    const asked = performance.now();
    let ended: number | null = null;
    const timers: NodeJS.Timeout[] = [];
    const limit = new Promise<never>((_, giveUp) => {
      const look = (): void => {
        const now = performance.now();
        if (this.run.ledger.state.phase.kind === 'finished') ended ??= now;
        if (now - asked < LOOK_MS && (ended === null || now - ended < LAST_LOOK_MS)) return;
        const waited = String(Math.round((now - asked) / 1000));
        giveUp(new O8Error('timed_out', `bd did not answer in ${waited} s`, `${this.program} list`));
      };
      timers.push(setInterval(look, LIMIT_EVERY_MS));
    });
    answer.catch(() => undefined); // nobody waits for it once the time is over
    try {
      return await Promise.race([answer, limit]);
    } finally {
      for (const timer of timers) clearInterval(timer);
    }
  }

  private get program(): string {
    return this.run.plan.settings.beads.program;
  }

  private async ask(): Promise<Seen> {
    return this.o.door.call(async (bd) => {
      const told = this.o.teller.told;
      const { epic, actor } = this.o;
      const issues = await bd.issues();
      const ready = epic === ALL_EPICS ? await bd.readyIds() : [];
      const inRun = new Set(this.run.plan.tasks.map(({ id }) => id));
      const selected = selectIssues(issues, wantedIssues(issues, epic, ready, false), { actor, inRun });
      this.toldThen = told;
      return {
        issues: new Map(issues.map((issue) => [issue.id, issue])),
        selected,
        finished: epicsToClose(issueTree(issues), selected.roots, new Set()),
        told: (task) => toldOf(told, task).status,
      };
    });
  }

  private async take(step: LookStep): Promise<void> {
    const { run } = this;
    const { ledger } = run;
    const noted = (note: string): RunEvent => ({ type: 'task_noted', task: step.task, notes: [note] });
    switch (step.kind) {
      case 'done_elsewhere': {
        const landed = step.closed ? await resolveCommit(run.repo, targetOf(run.plan).ref) : null;
        const { state } = recordOf(run, step.task).state;
        if (!['queued', 'blocked', 'failed', 'aborted', 'skipped'].includes(state)) return; // begun meanwhile
        await ledger.record({ type: 'task_skipped', task: step.task, why: 'user', landed }, noted(step.note));
        return;
      }
      case 'select':
        await ledger.record({ type: 'task_requeued', task: step.task, why: 'selected', next: { kind: 'fresh' } });
        return;
      case 'begin_anew': {
        const { state } = recordOf(run, step.task).state;
        if (state === 'worktree_created' || state === 'merge_conflict')
          await ledger.record({ type: 'task_aborted', task: step.task });
        run.log(`${step.task}: ${step.note}`);
        await continueRun(run, { select: [], skip: [], retry: [step.task] });
        await ledger.record(noted(step.note));
        return;
      }
      case 'note':
        await ledger.record(noted(step.note));
        return;
    }
  }

  private isClosing(task: string): boolean {
    const way = wayToLand(targetOf(this.run.plan));
    return (way === 'as_merged' || way === 'by_pull_request') && toldOf(this.o.teller.told, task).status !== 'closed';
  }

  private async close(epics: readonly string[]): Promise<void> {
    if (epics.length === 0) return;
    const { refused } = await this.o.door.call(async (bd) =>
      bd.tell({ kind: 'close', ids: epics, reason: 'all its issues are closed' }),
    );
    for (const { id, why } of refused) this.run.log(`beads: ${id} not closed: ${why}`);
  }

  /** Issues that are new and whose dependencies are tasks of this run, or closed. */
  private async join(selected: Selection): Promise<void> {
    const { run } = this;
    if (selected.tasks.length === 0) return;
    const { source, settings, root } = run.plan;
    const read = await this.o.door.call(async (bd) => readTasks(bd, selected, settings));
    for (const task of read) {
      run.log(`${task.id} joins the run`);
      await addTask(run, planTask(task, source, settings, root));
    }
  }
}

function waitingIn({ left }: Selection): ReadonlyMap<string, readonly string[]> {
  return new Map(left.flatMap(({ issue, why }) => (why.kind === 'waits' ? [[issue.id, why.on] as const] : [])));
}
