import { BareRepository, type MergeMethod } from './bare-repository.js';
import { Refusal } from './graphql.js';

export type PullState = 'OPEN' | 'CLOSED' | 'MERGED';
export type CheckOutcome = 'pending' | 'passed' | 'failed' | 'skipped';
export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
export type Permission = 'ADMIN' | 'MAINTAIN' | 'WRITE' | 'TRIAGE' | 'READ';

/** A check of a commit. `kind`: a check run, as of GitHub Actions, or a commit status, as of older services. */
export interface Check {
  readonly name: string;
  readonly outcome: CheckOutcome;
  readonly kind?: 'run' | 'status';
}

export interface Comment {
  readonly id: number;
  readonly author: string;
  body: string;
}

export interface Review {
  readonly id: number;
  readonly author: string;
  readonly state: ReviewState;
  readonly body: string;
  readonly lines: readonly { readonly path: string; readonly line: number | null; readonly body: string }[];
}

export interface Pull {
  readonly number: number;
  readonly head: string;
  readonly createdAt: string;
  title: string;
  body: string;
  base: string;
  draft: boolean;
  state: PullState;
  /** The last commit of the head branch that was seen while it was open. */
  headCommit: string;
  mergeCommit: string | null;
  mergedBy: string | null;
  readonly comments: Comment[];
  readonly reviews: Review[];
}

/** Rules of a branch; GitHub holds merging to them. */
export interface Protection {
  readonly approvals?: number;
  readonly checks?: readonly string[];
  /** Nobody merges or pushes but those who are listed, and the user of the tests is not. */
  readonly restricted?: boolean;
}

/**
 * One repository as GitHub keeps it: its pull requests, with the commits that the real bare repository has at the moment.
 * What a test does by hand (`review`, `setChecks`, …) is done by somebody else, not by the user who is logged in.
 */
export class HostedRepository {
  readonly pulls: Pull[] = [];
  readonly protections = new Map<string, Protection>();
  readonly git: BareRepository;
  permission: Permission = 'ADMIN';
  deletesBranches = false;
  allows: readonly MergeMethod[] = ['merge', 'squash', 'rebase'];
  /** As right after a push, when GitHub has not worked out yet whether a pull request can be merged. */
  mergeabilityUnknown = false;
  /** Checks of every commit for which a test has set none. */
  usualChecks: readonly Check[] = [];
  readonly #checks = new Map<string, readonly Check[]>();
  #lastId = 1000;

  constructor(
    readonly owner: string,
    readonly name: string,
    readonly viewer: string,
    bare: string,
  ) {
    this.git = new BareRepository(bare);
  }

  /** All pull requests, brought up to date with the branches first, as GitHub does on a push. */
  list(): readonly Pull[] {
    for (const pull of this.pulls) this.#update(pull);
    return this.pulls;
  }

  pull(number: number): Pull | null {
    return this.list().find((pull) => pull.number === number) ?? null;
  }

  /** The newest one of a head branch. */
  pullOf(branch: string): Pull {
    const found = this.list().findLast((pull) => pull.head === branch);
    if (found === undefined) throw new Error(`no pull request of ${branch}`);
    return found;
  }

  checksOf(commit: string): readonly Check[] {
    return this.#checks.get(commit) ?? this.usualChecks;
  }

  /** Checks of the commit that is the head now; another head has none yet. */
  setChecks(branch: string, checks: readonly Check[]): void {
    this.#checks.set(this.pullOf(branch).headCommit, checks);
  }

  review(branch: string, review: Partial<Omit<Review, 'id'>> & Pick<Review, 'state'>): void {
    this.pullOf(branch).reviews.push({ id: (this.#lastId += 1), author: 'reviewer', body: '', lines: [], ...review });
  }

  mergeByHand(branch: string, method: MergeMethod = 'squash'): void {
    this.#merge(this.pullOf(branch), { method, by: 'reviewer', message: null });
  }

  closeByHand(branch: string): void {
    this.pullOf(branch).state = 'CLOSED';
  }

  create(o: { title: string; body: string; head: string; base: string; draft: boolean }): Pull {
    this.#mayWrite();
    const [head, base] = [this.git.head(o.head), this.git.head(o.base)];
    if (head === null) throw new InvalidField('head');
    if (base === null) throw new InvalidField('base');
    if (this.list().some((pull) => pull.state === 'OPEN' && pull.head === o.head && pull.base === o.base)) {
      throw new Refusal(`A pull request already exists for ${this.owner}:${o.head}.`, 'UNPROCESSABLE');
    }
    if (this.git.contains(base, head)) {
      throw new Refusal(`No commits between ${o.base} and ${o.head}`, 'UNPROCESSABLE');
    }
    const pull: Pull = {
      ...o,
      number: this.pulls.length + 1,
      createdAt: new Date().toISOString(),
      state: 'OPEN',
      headCommit: head,
      mergeCommit: null,
      mergedBy: null,
      comments: [],
      reviews: [],
    };
    this.pulls.push(pull);
    return pull;
  }

  update(pull: Pull, change: { title?: string; body?: string; base?: string; state?: 'OPEN' | 'CLOSED' }): void {
    this.#mayWrite();
    if (change.base !== undefined) {
      if (this.git.head(change.base) === null) throw new InvalidField('base');
      if (pull.state !== 'OPEN') throw new Refusal('Cannot change the base branch of a closed pull request.');
      pull.base = change.base;
    }
    if (change.title !== undefined) pull.title = change.title;
    if (change.body !== undefined) pull.body = change.body;
    if (change.state !== undefined && pull.state !== 'MERGED') pull.state = change.state;
  }

  comment(pull: Pull, body: string): Comment {
    const comment = { id: (this.#lastId += 1), author: this.viewer, body };
    pull.comments.push(comment);
    return comment;
  }

  editComment(id: number, body: string): Comment {
    const found = this.pulls.flatMap(({ comments }) => comments).find((comment) => comment.id === id);
    if (found === undefined) throw new Refusal('Could not resolve to a node', 'NOT_FOUND');
    found.body = body;
    return found;
  }

  merge(pull: Pull, o: { method: MergeMethod; expected: string | null; message: string | null }): string {
    this.#mayWrite();
    this.#update(pull);
    if (!this.allows.includes(o.method))
      throw new NotMergeable(`${o.method} merges are not allowed on this repository.`);
    if (o.expected !== null && o.expected !== pull.headCommit) throw new HeadMoved();
    const blocked = this.whyBlocked(pull);
    if (blocked !== null) throw new NotMergeable(blocked);
    return this.#merge(pull, { method: o.method, by: this.viewer, message: o.message });
  }

  deleteBranch(branch: string): void {
    this.#mayWrite();
    if (this.git.head(branch) === null) throw new Refusal('Reference does not exist', 'UNPROCESSABLE');
    this.git.delete(branch);
    this.list();
  }

  /** Why GitHub does not merge it now; null if it does. */
  whyBlocked(pull: Pull): string | null {
    if (pull.state !== 'OPEN' || pull.draft || this.conflicts(pull)) return 'Pull Request is not mergeable';
    const rules = this.protections.get(pull.base) ?? {};
    if (rules.restricted === true) return 'You’re not authorized to push to this branch.';
    const missing = (rules.checks ?? []).filter((name) => this.#outcome(pull, name) !== 'passed');
    if (missing.length > 0) return `Required status check "${missing[0] ?? ''}" is expected.`;
    const approvals = this.opinions(pull).filter(({ state }) => state === 'APPROVED').length;
    if (rules.approvals !== undefined && this.opinions(pull).some(({ state }) => state === 'CHANGES_REQUESTED')) {
      return 'Changes have been requested.';
    }
    return approvals < (rules.approvals ?? 0)
      ? 'At least 1 approving review is required by reviewers with write access.'
      : null;
  }

  conflicts(pull: Pull): boolean {
    const base = this.git.head(pull.base);
    return base !== null && this.git.conflicts(base, pull.headCommit);
  }

  /** The last review of each reviewer that says yes or no. */
  opinions(pull: Pull): Review[] {
    const last = new Map<string, Review>();
    for (const review of pull.reviews) if (review.state !== 'COMMENTED') last.set(review.author, review);
    return [...last.values()].filter(({ state }) => state !== 'DISMISSED');
  }

  #outcome(pull: Pull, name: string): CheckOutcome | null {
    const found = this.checksOf(pull.headCommit).find((check) => check.name === name)?.outcome ?? null;
    return found === 'skipped' ? 'passed' : found;
  }

  #merge(pull: Pull, o: { method: MergeMethod; by: string; message: string | null }): string {
    const message = o.message ?? `${pull.title} (#${String(pull.number)})`;
    const commit = this.git.merge(pull.base, pull.headCommit, { method: o.method, message });
    if (commit === null) throw new NotMergeable('Pull Request is not mergeable');
    Object.assign(pull, { state: 'MERGED', mergeCommit: commit, mergedBy: o.by });
    if (this.deletesBranches) this.deleteBranch(pull.head);
    return commit;
  }

  /** What GitHub does on a push: the head moves, a branch that is gone closes it, one that is in its base has been merged. */
  #update(pull: Pull): void {
    if (pull.state !== 'OPEN') return;
    const head = this.git.head(pull.head);
    const base = this.git.head(pull.base);
    if (base === null) {
      const merged = this.pulls.findLast(({ head: branch, state }) => branch === pull.base && state === 'MERGED');
      if (merged === undefined) pull.state = 'CLOSED';
      else pull.base = merged.base;
      return;
    }
    if (head === null) {
      pull.state = 'CLOSED';
      return;
    }
    pull.headCommit = head;
    if (this.git.contains(base, head))
      Object.assign(pull, { state: 'MERGED', mergeCommit: head, mergedBy: 'reviewer' });
  }

  #mayWrite(): void {
    if (this.permission === 'READ' || this.permission === 'TRIAGE') {
      throw new Refusal(`${this.viewer} does not have the correct permissions to execute this.`, 'FORBIDDEN');
    }
  }
}

/** A field of the request names something that is not there. */
export class InvalidField extends Refusal {
  constructor(readonly field: 'head' | 'base') {
    super(`${field === 'head' ? 'Head' : 'Base'} ref must be a branch`, 'UNPROCESSABLE');
  }
}

export class NotMergeable extends Refusal {
  constructor(message: string) {
    super(message, 'UNPROCESSABLE');
  }
}

export class HeadMoved extends Refusal {
  constructor() {
    super('Head branch was modified. Review and try the merge again.', 'UNPROCESSABLE');
  }
}
