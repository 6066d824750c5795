import { o8, text, type Text } from '../../base/text.js';
import { someOf } from '../../base/check.js';
import { pullChanges } from '../../forge/pull-change.js';
import { feedbackPrompt } from '../../forge/pull-feedback.js';
import { decidingChecks, pullReadiness, readinessText, type Readiness } from '../../forge/pull-readiness.js';
import type { SeenPull } from '../../forge/pull-request.js';
import type { Plan, PlannedTask } from '../../plan/plan.js';
import { shellQuote } from '../../base/shell-quote.js';
import { NO_PULL, type PullRecord, type PullSeen } from '../pull-record.js';
import type { TaskRecord } from '../run-state.js';

/** How a task's branch gets to the remote. `remote`: the commit the remote has for it now, null for no such branch. */
export type PushStep =
  | { readonly kind: 'there' }
  /** `replaces`: what the remote must still have when it is pushed. */
  | { readonly kind: 'push'; readonly replaces: string | null }
  /** A person pushed to the task's branch: their commit is the task's work now. */
  | { readonly kind: 'take'; readonly head: string }
  /** A branch of this name that the run never pushed. */
  | { readonly kind: 'foreign'; readonly head: string };

/** `contains`: the remote's commit contains `tip`, so that pushing would take commits away. */
export function pushStep(pull: PullRecord | null, tip: string, remote: string | null, contains: boolean): PushStep {
  const { pushed, intent } = pull ?? NO_PULL;
  if (remote === tip) return { kind: 'there' };
  if (remote === null) return { kind: 'push', replaces: null };
  if (remote === pushed || remote === intent?.commit) return { kind: 'push', replaces: remote };
  if (pushed !== null || intent !== null || contains) return { kind: 'take', head: remote };
  return { kind: 'foreign', head: remote };
}

/** What is known beside what the forge shows. ISO times. */
export interface PullFacts {
  readonly now: string;
  /** When the task's commit was pushed. */
  readonly pushedAt: string;
  /** The commit before the last push, which the forge may still show; null: there was none. */
  readonly before: string | null;
}

/** What becomes of a task because of what its pull request shows. */
export type PullStep =
  | { readonly kind: 'nothing' }
  /** Only how it is shown has changed. */
  | { readonly kind: 'seen'; readonly seen: PullSeen }
  | { readonly kind: 'merged'; readonly commit: string | null; readonly seen: PullSeen }
  | { readonly kind: 'take'; readonly head: string }
  /** The forge or a person changed the branch it asks to be merged into to the run's base branch. */
  | { readonly kind: 'prove'; readonly base: string }
  | { readonly kind: 'return'; readonly note: string; readonly about: string; readonly seen: PullSeen }
  | { readonly kind: 'conflict'; readonly seen: PullSeen }
  | { readonly kind: 'hold'; readonly reason: string; readonly hint: Text; readonly seen: PullSeen }
  /** Everything that was asked for is there. */
  | { readonly kind: 'ready'; readonly seen: PullSeen };

/** Decides for one task with an open pull request. `rounds`: how often feedback goes back to the agent. */
export function pullStep(
  plan: Plan,
  task: PlannedTask,
  record: TaskRecord,
  seen: SeenPull,
  facts: PullFacts,
): PullStep {
  const pull = record.pull ?? NO_PULL;
  const { pushed, opened } = pull;
  if (pushed === null || opened === null) return { kind: 'nothing' };
  const change = pullChanges(seen, { commit: pushed, before: facts.before, base: opened.base });
  switch (change.kind) {
    case 'merged':
      return { kind: 'merged', commit: change.commit, seen: shown(seen, 'merged', 'merged') };
    case 'closed': {
      const what = change.branchExists
        ? 'was closed without a merge'
        : 'was closed: its branch was deleted on the remote';
      const hint = text`gh pr reopen ${String(seen.number)} && ${o8('merge', { run: plan.runId, task: task.id })}`;
      return hold(record, seen, `pull request #${String(seen.number)} ${what}`, hint, 'closed');
    }
    case 'not_seen_yet':
      return { kind: 'nothing' };
    case 'pushed':
      return { kind: 'take', head: change.head };
    case 'retargeted': {
      const { branch } = plan.base;
      if (change.base === branch) return { kind: 'prove', base: branch };
      const message = `refuse: somebody changed its base to ${change.base}; it was verified on ${opened.base}`;
      return seenStep(record, shown(seen, 'refused', message));
    }
    case 'none':
      return ofReadiness(plan, task, record, seen, facts);
  }
}

function ofReadiness(plan: Plan, task: PlannedTask, record: TaskRecord, seen: SeenPull, facts: PullFacts): PullStep {
  const { returned, pushed } = record.pull ?? NO_PULL;
  const { now, pushedAt } = facts;
  const answered = new Set(returned.flatMap((about) => about.split(' ').slice(1)));
  const readiness = pullReadiness(seen, { verified: pushed ?? '', pushedAt, now, answered });
  if (record.state.state === 'merge_conflict' && seen.mergeability !== 'mergeable') {
    const isNew = seen.mergeability === 'conflicting' && record.pull?.seen?.kind !== 'conflict';
    if (isNew) return { kind: 'conflict', seen: shown(seen, 'conflict', readinessText(readiness)) };
    return seenStep(record, shown(seen, 'conflict', readinessText(readiness)));
  }
  switch (readiness.kind) {
    case 'merge':
      return { kind: 'ready', seen: shown(seen, 'ready', 'ready to merge') };
    case 'wait':
      return seenStep(record, shown(seen, 'waiting', readinessText(readiness)));
    case 'refuse':
      return ofRefusal(plan, task, record, seen, readiness, decidingChecks(seen), answered);
  }
}

function ofRefusal(
  plan: Plan,
  task: PlannedTask,
  record: TaskRecord,
  seen: SeenPull,
  readiness: Extract<Readiness, { kind: 'refuse' }>,
  checks: SeenPull['checks'],
  answered: ReadonlySet<string>,
): PullStep {
  const { why } = readiness;
  const message = readinessText(readiness);
  switch (why.kind) {
    case 'conflict':
      if (record.state.state === 'merge_conflict') return seenStep(record, shown(seen, 'conflict', message));
      return { kind: 'conflict', seen: shown(seen, 'conflict', message) };
    case 'checks_failed':
    case 'changes_requested': {
      const kind = why.kind;
      const { returned } = record.pull ?? NO_PULL;
      const requested = seen.requestedChanges.filter(({ id }) => !answered.has(id));
      const failed = checks.filter(({ outcome }) => outcome === 'failed');
      const about = [seen.headCommit, ...requested.map(({ id }) => id)].join(' ');
      if (returned.includes(about)) return seenStep(record, shown(seen, kind, message));
      if (returned.length >= plan.settings.pr.rounds) {
        const names =
          kind === 'checks_failed' ? someOf(failed.map(({ name }) => name)) : someOf(requested.map(({ by }) => by));
        const what = kind === 'checks_failed' ? `checks failed: ${names}` : `changes requested by ${names}`;
        const reason = `pull request #${String(seen.number)}: ${what}, after ${String(returned.length)} rounds with the agent`;
        const hint = text`cd ${shellQuote(task.worktree)}   (correct it, commit; then ${o8('merge', { run: plan.runId, task: task.id })})`;
        return hold(record, seen, reason, hint, kind);
      }
      const note = feedbackPrompt({ url: seen.url, failed, requested });
      return { kind: 'return', note, about, seen: shown(seen, kind, message) };
    }
    case 'merged':
    case 'closed':
    case 'head_moved':
      return { kind: 'nothing' }; // pullChanges has answered it
    case 'draft':
    case 'behind':
      return seenStep(record, shown(seen, 'refused', message));
  }
}

function hold(record: TaskRecord, seen: SeenPull, reason: string, hint: Text, kind: PullSeen['kind']): PullStep {
  const now = shown(seen, kind, reason);
  return record.state.state === 'merge_pending' && record.state.hold === null
    ? { kind: 'hold', reason, hint, seen: now }
    : seenStep(record, now);
}

function shown(seen: SeenPull, kind: PullSeen['kind'], message: string): PullSeen {
  return { kind, message: message.slice(0, MOST_CHARACTERS), head: seen.headCommit };
}

const MOST_CHARACTERS = 500; // a journal record stays small

/** Null for what is known already. */
function seenStep(record: TaskRecord, seen: PullSeen): PullStep {
  return isKnown(record, seen) ? { kind: 'nothing' } : { kind: 'seen', seen };
}

export function isKnown({ pull }: Pick<TaskRecord, 'pull'>, { kind, message, head }: PullSeen): boolean {
  const last = pull?.seen ?? null;
  return last !== null && last.kind === kind && last.message === message && last.head === head;
}
