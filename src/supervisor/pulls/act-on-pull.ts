import { troubleText, type ForgeTrouble } from '../../core/forge/forge.js';
import { markerOf } from '../../core/forge/pull-marker.js';
import { conflictComment } from '../../core/forge/pull-text.js';
import type { SeenPull } from '../../core/forge/pull-request.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { targetOf } from '../../core/plan/target.js';
import { mergeHeld } from '../../core/run/merge-held.js';
import type { PullSeen } from '../../core/run/pull-record.js';
import type { PullResult } from '../../core/run/request-results.js';
import { isPublished } from '../../core/run/run-state.js';
import { isKnown, type PullStep } from '../../core/run/rules/pull-step.js';
import { relative } from 'node:path';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { trialMerge } from '../../git/merge/merge.js';
import { recordMerged } from '../merge/record-merged.js';
import { tidyMerged } from '../attempts/remove-worktree.js';
import { filesOf, recordOf, type Run } from '../run/run.js';
import { retargetDependents } from './retarget.js';
import { cleanAfterMerge } from './clean-after-merge.js';
import { takeRemoteWork } from './remote-work.js';
import type { MergeWish, PullWork } from './pull-work.js';

export interface Acted {
  readonly result: PullResult;
  readonly trouble: ForgeTrouble | null;
  /** The merger agent looks at it first. */
  readonly isReviewed: boolean;
}

/** Carries out what follows from a look at one pull request. `merge`: null where nothing is to be merged. */
export async function actOnPull(
  at: PullWork,
  task: PlannedTask,
  seen: SeenPull,
  step: PullStep,
  merge: MergeWish | null,
): Promise<Acted> {
  const { run, remote } = at;
  const said = (action: PullResult['action'], why: string, trouble: ForgeTrouble | null = null): Acted => ({
    result: { task: task.id, number: seen.number, url: seen.url, action, why: run.redact(why) },
    trouble,
    isReviewed: false,
  });
  switch (step.kind) {
    case 'nothing': {
      const last = recordOf(run, task.id).pull?.seen ?? null;
      return said(last?.kind === 'waiting' || last === null ? 'wait' : 'refuse', last?.message ?? 'not looked at yet');
    }
    case 'seen':
      await recordSeen(run, task, step.seen);
      return said(step.seen.kind === 'waiting' ? 'wait' : 'refuse', step.seen.message);
    case 'merged':
      return (await finish(at, task, step.commit, step.seen))
        ? said('merged', 'merged on the forge')
        : said('wait', 'merged on the forge; the base branch cannot be fetched now', unreachable(remote));
    case 'prove': {
      const { number, url } = seen;
      await run.ledger.record({ type: 'pull_opened', task: task.id, number, url, base: step.base, unproven: true });
      return said('wait', `asks to be merged into ${step.base} now; it is verified again`);
    }
    case 'take':
      await takeRemoteWork(run, task, remote, step.head);
      return said('wait', `pushed by somebody else at ${step.head.slice(0, 12)}; it is verified again`);
    case 'return':
      await recordSeen(run, task, step.seen);
      // Whoever only cleans up after a run that has ended does not want an agent started.
      if (merge === null && run.ledger.state.phase.kind === 'finished') return said('refuse', step.seen.message);
      await run.ledger.record({ type: 'pull_returned', task: task.id, note: run.redact(step.note), about: step.about });
      return said('wait', `${step.seen.message}; the agent works on it again`);
    case 'conflict':
      return conflict(at, task, seen, step.seen, said);
    case 'hold':
      await recordSeen(run, task, step.seen);
      await run.ledger.record(mergeHeld(task.id, run.redact(step.reason), step.hint));
      return said('refuse', step.reason);
    case 'ready': {
      const held = merge?.review === true ? await reviewFirst(at, task, seen, merge.by, said) : null;
      if (held !== null) return held;
      // Where the forge refused the last merge of this commit, that stays what is shown while it is tried again.
      const last = recordOf(run, task.id).pull?.seen ?? null;
      const isRefused = merge !== null && last?.kind === 'refused' && last.head === seen.headCommit;
      if (!isRefused) await recordSeen(run, task, step.seen);
      return merge === null ? said('merge', 'ready to merge') : mergePull(at, task, seen, said);
    }
  }
}

type Say = (action: PullResult['action'], why: string, trouble?: ForgeTrouble | null) => Acted;

/** Null: the merger agent says that it may be merged. */
async function reviewFirst(
  at: PullWork,
  task: PlannedTask,
  seen: SeenPull,
  by: 'user' | 'run',
  said: Say,
): Promise<Acted | null> {
  const review = at.reviews.verdict(task, seen, by);
  const waits = async (message: string): Promise<Acted> => {
    await recordSeen(at.run, task, { kind: 'waiting', message, head: seen.headCommit });
    return said('wait', message);
  };
  switch (review.kind) {
    case 'merge':
      return null;
    case 'changes':
      return askForChanges(at, task, seen, review.summary, said);
    case 'under_way':
      return { ...(await waits('the merger agent reviews it')), isReviewed: true };
    case 'none':
      return waits(review.why);
  }
}

async function mergePull(at: PullWork, task: PlannedTask, seen: SeenPull, said: Say): Promise<Acted> {
  const { run, forge } = at;
  if (!isAsSeen(run, task, seen)) return said('wait', CHANGED);
  run.lease.assertHeld();
  const outcome = await forge.merge(seen.number, {
    strategy: run.plan.settings.pr.strategy,
    head: seen.headCommit,
    message: null,
  });
  switch (outcome.kind) {
    case 'merged': {
      const now: PullSeen = { kind: 'merged', message: 'merged', head: seen.headCommit };
      return (await finish(at, task, outcome.commit, now))
        ? said('merged', 'merged')
        : said('merged', 'merged; the base branch cannot be fetched now', unreachable(at.remote));
    }
    case 'head_moved':
      return said('wait', `the branch moved to ${outcome.head.slice(0, 12)}; it is verified again`);
    case 'closed':
      return said('refuse', 'closed without a merge');
    case 'not_mergeable':
      await recordSeen(run, task, {
        kind: 'refused',
        message: run.redact(outcome.why).slice(0, 500),
        head: seen.headCommit,
      });
      return said('refuse', outcome.why);
    case 'refused':
    case 'no_login':
    case 'rate_limited':
    case 'unreachable':
    case 'unknown':
      return said('wait', troubleText(outcome), outcome);
  }
}

/** As often as the settings say the agent gets the review; then it is up to a person. */
async function askForChanges(
  { run }: PullWork,
  task: PlannedTask,
  seen: SeenPull,
  summary: string,
  said: Say,
): Promise<Acted> {
  const about = `${seen.headCommit} review`;
  const returned = recordOf(run, task.id).pull?.returned ?? [];
  if (returned.includes(about) || returned.length >= run.plan.settings.pr.rounds) {
    return said('refuse', `the review asks for changes: ${summary.split('\n')[0] ?? ''}`);
  }
  const note = `A review of the pull request ${seen.url} asks for changes:\n\n${summary}`;
  await run.ledger.record({ type: 'pull_returned', task: task.id, note, about });
  return said('wait', 'the review asks for changes; the agent works on it again');
}

/** The base has the work: recorded, and everything that was only needed for it goes. False: try again later. */
async function finish(at: PullWork, task: PlannedTask, commit: string | null, seen: PullSeen): Promise<boolean> {
  const { run } = at;
  if (!(await at.refresh())) return false;
  const { ref } = targetOf(run.plan);
  const base = await resolveCommit(run.repo, ref);
  if (base === null) return false;
  const there =
    commit !== null && (await resolveCommit(run.repo, commit)) !== null && (await isAncestor(run.repo, commit, base));
  await recordSeen(run, task, seen);
  await recordMerged(run, [{ task, commit: there ? commit : base, notes: [] }]);
  await tidyMerged(run, task);
  // Before the branch that they are based on goes, which would close them.
  if (await retargetDependents(at, task)) await cleanAfterMerge(at, task);
  else at.cleanLater();
  return true;
}

async function conflict(at: PullWork, task: PlannedTask, seen: SeenPull, now: PullSeen, said: Say): Promise<Acted> {
  const { run, forge, remote } = at;
  if (!(await at.refresh())) return said('wait', now.message, unreachable(remote));
  const { base } = run.plan;
  const target = await resolveCommit(run.repo, targetOf(run.plan).ref);
  if (target === null) return said('wait', now.message);
  const trial = await trialMerge(run.repo, { ours: target, theirs: seen.headCommit, scratchDir: filesOf(run).scratch });
  if (trial.kind !== 'conflict')
    return said('wait', 'the forge still shows a conflict that the fetched base does not have');
  const told = await commentConflict(at, task, seen.number, trial.files);
  const known = recordOf(run, task.id).state.state === 'merge_conflict'; // found by the merge queue
  if (!known && !isAsSeen(run, task, seen)) return said('wait', CHANGED);
  await recordSeen(run, task, now);
  const [targetCommit, branchCommit] = [target, seen.headCommit];
  if (!known)
    await run.ledger.record({ type: 'task_conflicted', task: task.id, files: trial.files, targetCommit, branchCommit });
  return said(
    'refuse',
    `conflicts with ${base.branch} in ${trial.files.slice(0, 5).join(', ')}`,
    told.kind === 'trouble' ? told.trouble : null,
  );

  async function commentConflict(
    _: PullWork,
    { branch, worktree }: PlannedTask,
    number: number,
    files: readonly string[],
  ) {
    const marker = markerOf('conflict', task.id);
    const body = conflictComment(
      { base: base.branch, branch, remote, worktree: relative(run.plan.root, worktree), files },
      marker,
    );
    const result = await forge.comment(number, { marker, body });
    switch (result.kind) {
      case 'created':
      case 'edited':
      case 'unchanged':
        return { kind: 'told' } as const;
      default:
        return { kind: 'trouble', trouble: result } as const;
    }
  }
}

const CHANGED = 'the task has changed meanwhile';

/** Requests and the merge queue may change a task while the forge is asked. */
function isAsSeen(run: Run, task: PlannedTask, seen: SeenPull): boolean {
  const record = recordOf(run, task.id);
  return isPublished(record) && record.pull?.pushed === seen.headCommit;
}

export async function recordSeen(run: Run, task: PlannedTask, seen: PullSeen): Promise<void> {
  const told = { ...seen, message: run.redact(seen.message) };
  if (!isKnown(recordOf(run, task.id), told)) await run.ledger.record({ type: 'pull_seen', task: task.id, seen: told });
}

function unreachable(remote: string): ForgeTrouble {
  return { kind: 'unreachable', why: remote };
}
