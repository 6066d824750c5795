import { someOf } from '../base/check.js';
import type { PullCheck, SeenPull } from './pull-request.js';

/**
 * Forges list a check when its service has heard of the push, usually within seconds: until then a commit looks as if it
 * had none. A minute also covers a slow one.
 */
export const CHECKS_APPEAR_MS = 60_000;

export interface ReadinessFacts {
  /** The head that o8 verified on the merge with the base. */
  readonly verified: string;
  /** ISO times: when that head was pushed, and now. */
  readonly pushedAt: string;
  readonly now: string;
  /** Ids of requested changes that the agent has answered already; the reviewer has to look again. */
  readonly answered: ReadonlySet<string>;
}

export type WaitReason =
  | { readonly kind: 'checks_pending'; readonly checks: readonly string[] }
  | { readonly kind: 'checks_not_reported'; readonly checks: readonly string[] }
  | { readonly kind: 'checks_stopped'; readonly checks: readonly string[] }
  | { readonly kind: 'review_required' }
  | { readonly kind: 'review_again'; readonly by: readonly string[] }
  | { readonly kind: 'mergeability_unknown' }
  | { readonly kind: 'blocked' };

export type RefuseReason =
  | { readonly kind: 'merged' | 'closed' | 'draft' | 'conflict' | 'behind' }
  | { readonly kind: 'head_moved'; readonly head: string }
  | { readonly kind: 'checks_failed'; readonly checks: readonly PullCheck[] }
  | { readonly kind: 'changes_requested'; readonly by: readonly string[] };

export type Readiness =
  | { readonly kind: 'merge' }
  /** Time or a person changes it. */
  | { readonly kind: 'wait'; readonly why: WaitReason }
  /** Work on the branch, or a person's decision, changes it. */
  | { readonly kind: 'refuse'; readonly why: RefuseReason };

/**
 * Whether a pull request is merged now. Required checks have to pass if there are any, otherwise all that there are; without
 * checks, o8's own verification counts. A review is waited for only where one is required.
 */
export function pullReadiness(pull: SeenPull, facts: ReadinessFacts): Readiness {
  const refusal = whyRefused(pull, facts);
  if (refusal !== null) return { kind: 'refuse', why: refusal };
  const wait = whyWait(pull, facts);
  return wait === null ? { kind: 'merge' } : { kind: 'wait', why: wait };
}

/** The checks that decide: the required ones, or all if none is required. */
export function decidingChecks({ checks, requiredChecks }: Pick<SeenPull, 'checks' | 'requiredChecks'>): PullCheck[] {
  const some = checks.filter((check) => check.required || requiredChecks.includes(check.name));
  return some.length > 0 || requiredChecks.length > 0 ? some : [...checks];
}

function whyRefused(pull: SeenPull, { verified, answered }: ReadinessFacts): RefuseReason | null {
  if (pull.state.kind !== 'open') return { kind: pull.state.kind };
  if (pull.headCommit !== verified) return { kind: 'head_moved', head: pull.headCommit };
  if (pull.state.draft) return { kind: 'draft' };
  if (pull.mergeability === 'conflicting') return { kind: 'conflict' };
  const failed = decidingChecks(pull).filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0) return { kind: 'checks_failed', checks: failed };
  const open = pull.requestedChanges.filter(({ id }) => !answered.has(id));
  if (open.length > 0) return { kind: 'changes_requested', by: open.map(({ by }) => by) };
  return pull.mergeability === 'behind' ? { kind: 'behind' } : null;
}

function whyWait(pull: SeenPull, { pushedAt, now }: ReadinessFacts): WaitReason | null {
  const deciding = decidingChecks(pull);
  const named = (outcome: PullCheck['outcome']): string[] =>
    deciding.filter((check) => check.outcome === outcome).map(({ name }) => name);
  const missing = pull.requiredChecks.filter((required) => !deciding.some(({ name }) => name === required));
  const age = Date.parse(now) - Date.parse(pushedAt);
  const tooEarly = pull.checks.length === 0 && age >= 0 && age < CHECKS_APPEAR_MS;
  if (named('stopped').length > 0) return { kind: 'checks_stopped', checks: named('stopped') };
  if (named('pending').length > 0) return { kind: 'checks_pending', checks: named('pending') };
  if (missing.length > 0 || tooEarly) return { kind: 'checks_not_reported', checks: missing };
  if (pull.requestedChanges.length > 0) {
    return { kind: 'review_again', by: pull.requestedChanges.map(({ by }) => by) };
  }
  if (pull.review === 'changes_requested') return { kind: 'review_again', by: [] };
  if (pull.review === 'required') return { kind: 'review_required' };
  if (pull.mergeability === 'unknown') return { kind: 'mergeability_unknown' };
  return pull.mergeability === 'blocked' ? { kind: 'blocked' } : null;
}

/** For one line: `merge`, `wait: …`, `refuse: …`. Names are the forge's and untrusted. */
export function readinessText(readiness: Readiness): string {
  switch (readiness.kind) {
    case 'merge':
      return 'merge';
    case 'wait':
      return `wait: ${waitText(readiness.why)}`;
    case 'refuse':
      return `refuse: ${refuseText(readiness.why)}`;
  }
}

function waitText(why: WaitReason): string {
  switch (why.kind) {
    case 'checks_pending':
      return `checks are running: ${someOf(why.checks)}`;
    case 'checks_not_reported':
      return why.checks.length === 0
        ? 'no check has been reported yet'
        : `required checks have not been reported yet: ${someOf(why.checks)}`;
    case 'checks_stopped':
      return `checks were cancelled or need approval: ${someOf(why.checks)}`;
    case 'review_required':
      return 'an approving review is required';
    case 'review_again':
      return `changes were made as requested${why.by.length === 0 ? '' : ` by ${someOf(why.by)}`}; a new review is needed`;
    case 'mergeability_unknown':
      return 'the forge is still checking for conflicts';
    case 'blocked':
      return 'the rules of the base branch do not allow the merge yet';
  }
}

function refuseText(why: RefuseReason): string {
  switch (why.kind) {
    case 'merged':
      return 'already merged';
    case 'closed':
      return 'closed without a merge';
    case 'draft':
      return 'marked as a draft';
    case 'conflict':
      return 'conflicts with the base branch';
    case 'behind':
      return 'the base branch has commits that the branch lacks, and its rules require them';
    case 'head_moved':
      return `the branch is at ${why.head.slice(0, 12)}, which was not verified`;
    case 'checks_failed':
      return `checks failed: ${someOf(why.checks.map(({ name }) => name))}`;
    case 'changes_requested':
      return `changes requested by ${someOf(why.by)}`;
  }
}
