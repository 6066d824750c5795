import { troubleText, type Forge, type ForgeTrouble } from '../../core/forge/forge.js';
import { nextLookMs, type LooksSoFar } from '../../core/forge/next-look.js';
import type { SeenPull } from '../../core/forge/pull-request.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import type { PullResult } from '../../core/run/request-results.js';
import { isOpenPull } from '../../core/run/run-state.js';
import { pullAside } from '../../core/run/rules/pull-aside.js';
import { pullStep, type PullStep } from '../../core/run/rules/pull-step.js';
import { fetchBranch } from '../../git/remote/fetch-branch.js';
import type { Delivered, MergedNow, PullDelivery } from '../run/delivery.js';
import type { Outside } from '../run/outside.js';
import { plannedTask, recordOf, type Run } from '../run/run.js';
import { actOnPull, type Acted } from './act-on-pull.js';
import type { MergeWish, PullWork } from './pull-work.js';
import { isLeftBehind, retarget, retargetDependents } from './retarget.js';
import { publishTask } from './publish-task.js';
import { ReviewQueue } from './review-queue.js';
import { cleanAfterMerge, unfinishedCleanups } from './clean-after-merge.js';

/** After a push or a merge the network was not there, this long passes before the next try. */
const AGAIN_MS = 15_000;

/** A branch that others are based on stays for a minute or two longer where the forge does not answer. */
const TIDY_AGAIN_MS = 60_000;

/** Everything about the pull requests of a run: publishing, looking, merging, cleaning up. */
export class PullDesk implements PullDelivery, Outside {
  readonly name = 'pull requests';
  readonly moreTasks = false;
  private blockedUntil: Date | null = null;
  private nextLook = 0;
  private looks: LooksSoFar = { unchanged: 0, failed: 0, trouble: null };
  private tidied = false;
  private tidyAt = 0;
  private said: string | null = null;
  private busy: Promise<unknown> = Promise.resolve();
  /** Beside the desk, which goes on meanwhile. */
  readonly reviews: ReviewQueue;

  constructor(
    private readonly run: Run,
    private readonly forge: Forge,
    private readonly remote: string,
  ) {
    this.reviews = new ReviewQueue({ run, forge }, () => {
      if (this.mergesByItself) this.nextLook = 0;
    });
  }

  private get mergesByItself(): boolean {
    return this.run.plan.settings.pr.merge === 'auto';
  }

  get notBefore(): Date | null {
    return this.blockedUntil;
  }

  async refresh(): Promise<boolean> {
    const { run, remote } = this;
    const fetched = await fetchBranch(run.repo, { remote, branch: run.plan.base.branch });
    if (fetched.kind === 'fetched') return true;
    this.later(
      fetched.kind === 'missing'
        ? { kind: 'unreachable', why: `${remote} has no branch ${run.plan.base.branch}` }
        : fetched,
    );
    return false;
  }

  async deliver(task: PlannedTask, tip: string): Promise<Delivered> {
    const result = await publishTask(this.at(), task, tip);
    if (result.kind === 'trouble') {
      this.later(result.trouble);
      return { kind: 'later' };
    }
    this.blockedUntil = null;
    if (result.kind === 'delivered') this.nextLook = 0;
    return result;
  }

  due(): (() => Promise<void>) | null {
    if (!this.tidied && this.run.now().getTime() >= this.tidyAt)
      return async () => this.inTurn(async () => this.tidy());
    if (this.openTasks().length === 0 || this.run.now().getTime() < this.nextLook) return null;
    const merge: MergeWish | null = this.mergesByItself ? { review: true, by: 'run' } : null;
    return async () => {
      await this.inTurn(async () => this.look({ merge }));
    };
  }

  async mergeNow(only: string | null, { review }: { readonly review: boolean }): Promise<MergedNow> {
    const merge: MergeWish = review ? { review, by: 'user' } : { review };
    const acted = await this.inTurn(async () => this.look({ merge, only }));
    const pulls = acted.map(({ result }) => result);
    const others = this.aside(only).filter(({ task }) => !pulls.some((pull) => pull.task === task));
    return {
      pulls: [...pulls, ...others],
      reviewed: acted.filter(({ isReviewed }) => isReviewed).map(({ result }) => result.task),
    };
  }

  isReviewed(task: string): boolean {
    return this.reviews.isUnderWay(task);
  }

  stopReviews(task: string | null): void {
    this.reviews.stop(task);
  }

  private aside(only: string | null): PullResult[] {
    return this.run.plan.tasks
      .filter(({ id }) => only === null || id === only)
      .flatMap(({ id }) => pullAside(recordOf(this.run, id)) ?? [])
      .map((result) => ({ ...result, why: this.run.redact(result.why) }));
  }

  private openTasks(): PlannedTask[] {
    return this.run.plan.tasks.filter(({ id }) => isOpenPull(recordOf(this.run, id)));
  }

  /** A request looks while the loop may do so too: what both would do must happen once. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.busy.then(work);
    this.busy = turn.catch(() => undefined); // the caller gets the error
    return turn;
  }

  private async look(o: { readonly merge: MergeWish | null; readonly only?: string | null }): Promise<Acted[]> {
    const { run } = this;
    const tasks = this.openTasks().filter(({ id }) => (o.only ?? null) === null || id === o.only);
    const numbers = tasks.flatMap(({ id }) => recordOf(run, id).pull?.opened?.number ?? []);
    const answer = await this.forge.look(numbers);
    if (answer.kind !== 'answered') return this.failed(answer, tasks);
    const before = run.ledger.state.seq;
    const results: Acted[] = [];
    for (const task of tasks) {
      const seen = answer.value.find(({ number }) => number === recordOf(run, task.id).pull?.opened?.number);
      if (seen === undefined) {
        results.push(this.notSeen(task, 'the forge does not show it'));
        continue;
      }
      if (seen.state.kind === 'open' && isLeftBehind(run, task)) await retarget(this.at(), task);
      results.push(await this.settle(task, seen, o.merge));
    }
    this.looks = {
      unchanged: run.ledger.state.seq === before ? this.looks.unchanged + 1 : 0,
      failed: 0,
      trouble: null,
    };
    this.nextLook = run.now().getTime() + nextLookMs(this.looks, run.now().getTime());
    return results;
  }

  private async settle(task: PlannedTask, seen: SeenPull, merge: MergeWish | null): Promise<Acted> {
    const { run } = this;
    const record = recordOf(run, task.id);
    const step: PullStep = isOpenPull(record)
      ? pullStep(run.plan, task, record, seen, {
          now: run.now().toISOString(),
          pushedAt: record.pull?.pushedAt ?? run.now().toISOString(),
          before: record.pull?.before ?? null,
        })
      : { kind: 'nothing' };
    // An abort, for instance, leaves finished work to a person, who asks for the merge.
    const isHeld = record.state.state === 'merge_pending' && record.state.hold !== null;
    const wish = isHeld && merge?.review === true && merge.by === 'run' ? null : merge;
    const done = await actOnPull(this.at(), task, seen, step, wish);
    if (done.trouble !== null) this.later(done.trouble);
    return done;
  }

  private failed(trouble: ForgeTrouble, tasks: readonly PlannedTask[]): Acted[] {
    this.looks = { ...this.looks, failed: this.looks.failed + 1, trouble };
    this.nextLook = this.run.now().getTime() + nextLookMs(this.looks, this.run.now().getTime());
    this.say(trouble);
    return tasks.map((task) => this.notSeen(task, troubleText(trouble)));
  }

  private notSeen({ id }: PlannedTask, why: string): Acted {
    const { number = 0, url = '' } = recordOf(this.run, id).pull?.opened ?? {};
    const result: PullResult = { task: id, number, url, action: 'wait', why: this.run.redact(why) };
    return { result, trouble: null, isReviewed: false };
  }

  /** What a supervisor that was killed had merged and not cleaned up. */
  private async tidy(): Promise<void> {
    this.tidied = true;
    for (const id of unfinishedCleanups(this.run)) {
      const task = plannedTask(this.run, id);
      if (await retargetDependents(this.at(), task)) await cleanAfterMerge(this.at(), task);
      else this.cleanLater();
    }
  }

  private cleanLater(): void {
    this.tidied = false;
    this.tidyAt = this.run.now().getTime() + TIDY_AGAIN_MS;
  }

  private at(): PullWork {
    const { run, forge, remote, reviews } = this;
    const cleanLater = (): void => this.cleanLater();
    return { run, forge, remote, reviews, refresh: async () => this.refresh(), cleanLater };
  }

  private later(trouble: ForgeTrouble): void {
    const now = this.run.now().getTime();
    const until = trouble.kind === 'rate_limited' && trouble.until !== null ? Date.parse(trouble.until) : NaN;
    this.blockedUntil = new Date(Number.isNaN(until) ? now + AGAIN_MS : Math.max(until, now + AGAIN_MS));
    this.say(trouble);
  }

  private say(trouble: ForgeTrouble): void {
    const line = `pull requests: ${this.run.redact(troubleText(trouble))}; tried again later`;
    if (line !== this.said) this.run.log(line);
    this.said = line;
  }
}
