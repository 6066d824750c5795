import type { SeenPull } from '../../core/forge/pull-request.js';
import { mayReviewAgain, type FailedReview } from '../../core/forge/review-again.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { errorText } from '../run/error-text.js';
import type { Outside } from '../run/outside.js';
import { recordOf, type Run } from '../run/run.js';
import { reviewPull, type Review, type Reviewed, type Reviewing } from './review-pull.js';

interface Failed extends FailedReview {
  readonly head: string;
  /** A verdict that is not posted yet. */
  readonly kept: Reviewed | null;
  /** Whoever asked has not heard of it yet. */
  readonly isNews: boolean;
}

/**
 * Reviews of pull requests by the merger agent, one after the other, beside everything else that is done with pull requests:
 * a review takes minutes.
 */
export class ReviewQueue implements Outside {
  readonly name = 'reviews';
  readonly moreTasks = false;
  private readonly waiting = new Map<string, { readonly task: PlannedTask; readonly seen: SeenPull }>();
  private active: string | null = null;
  private readonly failed = new Map<string, Failed>();

  constructor(
    private readonly at: Reviewing,
    /** Called when a review has ended. */
    private readonly ended: () => void,
  ) {}

  /** The verdict on a commit; without one, the review is asked for unless the last one failed just now. */
  verdict(task: PlannedTask, seen: SeenPull, by: 'user' | 'run'): Review | { readonly kind: 'under_way' } {
    const known = recordOf(this.run, task.id).pull?.review ?? null;
    if (known?.head === seen.headCommit) {
      return known.verdict === 'merge' ? { kind: 'merge' } : { kind: 'changes', summary: known.summary };
    }
    if (this.isUnderWay(task.id)) return { kind: 'under_way' };
    const failed = this.failed.get(task.id);
    if (failed?.head === seen.headCommit) {
      this.failed.set(task.id, { ...failed, isNews: by === 'user' ? false : failed.isNews });
      const isOver = by === 'user' ? failed.isNews : !mayReviewAgain(failed, this.run.now().getTime());
      if (isOver) return { kind: 'none', why: failed.why };
    }
    this.waiting.set(task.id, { task, seen });
    return { kind: 'under_way' };
  }

  isUnderWay(task: string): boolean {
    return this.active === task || this.waiting.has(task);
  }

  /** Null: all of them. */
  stop(task: string | null): void {
    for (const id of [...this.waiting.keys()]) if (task === null || id === task) this.waiting.delete(id);
    if (this.active !== null && (task === null || this.active === task)) this.run.interrupts.interrupt(this.active);
  }

  due(): (() => Promise<void>) | null {
    const [next] = this.waiting.values();
    return next === undefined ? null : async () => this.review(next.task, next.seen);
  }

  private async review(task: PlannedTask, seen: SeenPull): Promise<void> {
    this.waiting.delete(task.id);
    this.active = task.id;
    const before = this.failed.get(task.id);
    const last = before?.head === seen.headCommit ? before : null;
    const { headCommit: head } = seen;
    const fail = (why: string, kept: Reviewed | null, counts: boolean): void => {
      const tries = (last?.tries ?? 0) + (counts ? 1 : 0);
      this.failed.set(task.id, { head, why, kept, tries, at: this.run.now().getTime(), isNews: true });
    };
    try {
      const end = await reviewPull(this.at, task, seen, last?.kept ?? null);
      if (end.kind === 'none') fail(end.why, end.kept, end.counts);
      else this.failed.delete(task.id);
    } catch (error) {
      fail(this.run.redact(errorText(error)), null, true);
      throw error;
    } finally {
      this.active = null;
      this.ended();
    }
  }

  private get run(): Run {
    return this.at.run;
  }
}
