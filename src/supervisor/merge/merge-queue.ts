import { mergeHeld } from '../../core/run/merge-held.js';
import { o8, text, type Text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { heldOf, mergeAgain, undecided, type Finding } from '../../core/held/finding.js';
import { longestPassing } from '../../core/merge/longest-passing.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import type { Failure } from '../../core/run/rules/retry.js';
import { forgetForwarded } from '../../git/checkout/checkout.js';
import { contentThere } from '../../git/merge/content-there.js';
import { isAncestor, mergeBase, resolveCommit } from '../../git/refs/refs.js';
import { advanceTarget } from './advance-target.js';
import { isOnBase, lostFromTarget, targetGone } from '../../git/findings/moved-branches.js';
import { targetRewritten } from './moved-refs.js';
import { mergeCandidate, type Candidate } from './merge-candidate.js';
import { finishMerge } from './finish-merge.js';
import { findHeld } from '../../git/findings/find-held.js';
import { failOrRetry } from '../run/fail-or-retry.js';
import { branchesOf, recordOf, type Run } from '../run/run.js';
import { scopeFindings, violationText } from '../attempts/scope-findings.js';
import { verifyCommit, type Verdict } from './verify-commit.js';
import { targetBranch, targetName, targetOf } from '../../core/plan/target.js';

/** How often a target may move under a merge before it waits for `merge`; each time costs a verify. */
const MOST_RECOMPUTATIONS = 5;

/** One branch stacked on what comes before it: `commit` is `from` with the task's work. */
interface Link {
  readonly task: PlannedTask;
  readonly from: string;
  readonly commit: string;
  readonly note: string | null;
}

/**
 * Puts finished branches on the target, in the order given: stacked off to the side, scope checked, verified together
 * (and, when that fails, by bisection, so that the good ones land), then one compare-and-swap to exactly the commit
 * that was verified. The idea is bors'. Announced before the ref moves, so a crash repeats nothing.
 */
export async function mergeTasks(run: Run, tasks: readonly PlannedTask[]): Promise<void> {
  let atOnce = tasks.length;
  for (let moved = 0; moved < MOST_RECOMPUTATIONS;) {
    const waiting = tasks.filter(({ id }) => isWaiting(run, id)).slice(0, atOnce);
    if (waiting.length === 0) return;
    const target = await resolveCommit(run.repo, targetOf(run.plan).ref);
    if (target === null) return holdAll(run, waiting, await targetGone(branchesOf(run)));
    const lost = await lostFromTarget(branchesOf(run), target);
    if (lost !== null && !(await isOnBase(branchesOf(run), lost.commit))) return holdAll(run, waiting, lost.moved);
    const links = await stack(run, waiting, target);
    if (links.length === 0) continue; // each of them was settled another way
    const proof = await prove(run, links);
    if (proof.kind === 'interrupted') return;
    const good = links.slice(0, proof.good);
    const last = good.at(-1);
    if (last !== undefined) {
      const advanced = await advanceTarget(run, good, { from: target, to: last.commit });
      if (advanced.kind === 'moved') {
        moved += 1;
        continue; // whoever did not pass may pass on what the target is now
      }
      if (advanced.kind === 'blocked' && good.length > 1) {
        atOnce = 1; // what is in the way of one of them is not in the way of all
        continue;
      }
      if (advanced.kind === 'blocked') {
        await holdAll(run, [last.task], advanced);
        continue;
      }
      for (const link of good) await finishMerge(run, link.task, link.commit, noteOf(link));
    }
    if (proof.culprit !== null) await failOrRetry(run, proof.culprit.task, proof.culprit.failure);
  }
  const waiting = tasks.filter(({ id }) => isWaiting(run, id));
  await holdAll(run, waiting, {
    reason: `${targetOf(run.plan).ref} kept moving while the merge was verified`,
    hint: o8('merge', { run: run.plan.runId }),
  });
}

function isWaiting(run: Run, id: string): boolean {
  const { state } = recordOf(run, id);
  return state.state === 'merge_pending' && state.hold === null;
}

function noteOf(link: Link): string[] {
  return link.note === null ? [] : [link.note];
}

/**
 * The branches stacked on the target. What is there already, conflicts with the target itself, or must not be merged
 * is settled here. A conflict with a branch further down the stack is none yet: that one may not land.
 */
async function stack(run: Run, tasks: readonly PlannedTask[], target: string): Promise<Link[]> {
  const links: Link[] = [];
  let at = target;
  for (const task of tasks) {
    const { state } = recordOf(run, task.id);
    if (state.state !== 'merge_pending' || (await finishedBefore(run, task, target))) continue;
    const rewritten = await targetRewritten(run, task, target, state.tip);
    if (rewritten !== null) {
      await holdAll(run, [task], rewritten);
      continue;
    }
    const base = await mergeBase(run.repo, target, state.tip);
    if (base === null) {
      const message = `branch ${task.branch} shares no history with ${targetOf(run.plan).ref}`;
      await run.ledger.record({ type: 'task_failed', task: task.id, reason: 'agent_error', message });
      continue;
    }
    if (base === state.tip) {
      await finishMerge(run, task, target, []); // a person merged it
      continue;
    }
    if (run.plan.settings.scope === 'enforce') {
      const violations = await scopeFindings(run, task, base, state.tip);
      if (violations.length > 0) {
        const message = run.redact(violationText(violations)).slice(0, 2000); // a journal record stays small
        await run.ledger.record({ type: 'task_failed', task: task.id, reason: 'scope_violation', message });
        continue;
      }
    }
    if (at !== target && (await isAncestor(run.repo, state.tip, at))) {
      links.push({ task, from: at, commit: at, note: null });
      continue;
    }
    const candidate = await unlessUnsigned(() =>
      decidedCandidate(run, task, { onto: at, tip: state.tip, base: at === target ? base : null }),
    );
    if (candidate instanceof O8Error) {
      await holdUnsigned(run, tasks.slice(tasks.indexOf(task)), candidate);
      break;
    }
    if (candidate.kind === 'clean') {
      links.push({ task, from: at, commit: candidate.commit, note: candidate.note });
      at = candidate.commit;
    } else if (at !== target) {
      continue; // what comes before it may not land
    } else if (candidate.kind === 'held') {
      await recordHeld(run, task, state.tip, candidate.findings);
    } else {
      const there = await contentThere(run.repo, state.tip, target);
      if (there !== null) {
        const note = `not merged: ${targetName(targetOf(run.plan))} already has its work since ${there.slice(0, 12)}, which was committed without a merge`;
        await finishMerge(run, task, there, [note]);
        continue;
      }
      await run.ledger.record({
        type: 'task_conflicted',
        task: task.id,
        files: candidate.files,
        targetCommit: target,
        branchCommit: state.tip,
      });
    }
  }
  return links;
}

type Decided = Candidate | { readonly kind: 'held'; readonly findings: readonly Finding[] };

/** What would land, unless a person has to decide about something in it first. */
async function decidedCandidate(
  run: Run,
  task: PlannedTask,
  { onto, tip, base }: { readonly onto: string; readonly tip: string; readonly base: string | null },
): Promise<Decided> {
  const candidate = await mergeCandidate(run, task, { onto, tip, base, accepted: [] });
  if (candidate.kind === 'conflict') return candidate;
  const findings = await findHeld(run, task, { onto, tip, commit: candidate.commit });
  if (findings.length === 0) return candidate;
  const open = undecided(findings, tip, recordOf(run, task.id).accepted);
  if (open.length > 0) return { kind: 'held', findings: open };
  return mergeCandidate(run, task, { onto, tip, base, accepted: findings });
}

async function recordHeld(run: Run, task: PlannedTask, tip: string, findings: readonly Finding[]): Promise<void> {
  const held = heldOf(tip, findings);
  const [first] = held.findings;
  const hint = mergeAgain(run.plan.runId, task.id);
  await run.ledger.record(mergeHeld(task.id, first?.what ?? '', hint, held));
}

/** The error where the user's signing program does not sign. */
async function unlessUnsigned<T>(make: () => Promise<T>): Promise<T | O8Error> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof O8Error && error.code === 'not_signed') return error;
    throw error;
  }
}

/** All that come after it, too: each would wait as long for the same program. A person has to look at it. */
async function holdUnsigned(run: Run, tasks: readonly PlannedTask[], error: O8Error): Promise<void> {
  const hint = text`${error.hint}   (when that works: ${o8('merge', { run: run.plan.runId })})`;
  const waiting = tasks.filter(({ id }) => isWaiting(run, id));
  await holdAll(run, waiting, { reason: run.redact(error.message).slice(0, 2000), hint });
}

/** Landed by an owner that was killed before it could record it. */
async function finishedBefore(run: Run, task: PlannedTask, target: string): Promise<boolean> {
  const intent = run.ledger.state.mergeIntents.get(task.id);
  if (intent === undefined || !(await isAncestor(run.repo, intent.to, target))) return false;
  const branch = targetBranch(targetOf(run.plan));
  if (branch !== null) await forgetForwarded(run.repo, branch);
  await finishMerge(run, task, intent.to, []);
  return true;
}

type Proof =
  | {
      readonly kind: 'known';
      readonly good: number;
      readonly culprit: { readonly task: PlannedTask; readonly failure: Failure } | null;
    }
  | { readonly kind: 'interrupted' };

/** How many of the links pass together, and who broke the next one. */
async function prove(run: Run, links: readonly Link[]): Promise<Proof> {
  const before = run.ledger.state.verifyRuns;
  const failures = new Map<number, string>();
  const seen = { interrupted: false };
  const good = await longestPassing(links.length, async (count) => {
    const verdict = seen.interrupted
      ? ({ kind: 'interrupted' } as const)
      : await verifyLinks(run, links.slice(0, count));
    if (verdict.kind === 'interrupted') seen.interrupted = true;
    if (verdict.kind === 'failed') failures.set(count, verdict.message);
    return verdict.kind === 'passed';
  });
  if (seen.interrupted) return { kind: 'interrupted' };
  const culprit = links[good];
  if (culprit === undefined) return { kind: 'known', good, culprit: null };
  const runs = run.ledger.state.verifyRuns - before;
  const among =
    links.length === 1 ? '' : `\n(found among ${String(links.length)} tasks in ${String(runs)} verify runs)`;
  const message = `${failures.get(good + 1) ?? 'verify failed'}${among}`;
  return {
    kind: 'known',
    good,
    culprit: { task: culprit.task, failure: { reason: 'verify_failed', message, retryable: true } },
  };
}

/** Every different check of these tasks, on the commit that has all of them. */
async function verifyLinks(run: Run, links: readonly Link[]): Promise<Verdict> {
  const last = links.at(-1);
  const checks = new Map(
    links.flatMap(({ task }) =>
      task.verify === null ? [] : [[JSON.stringify([task.setup, task.verify]), { task, command: task.verify }]],
    ),
  );
  for (const { task, command } of checks.values()) {
    if (last === undefined) break;
    const tasks = links.map((link) => link.task);
    const verdict = await verifyCommit(run, {
      name: 'verify',
      kind: 'verify',
      commit: last.commit,
      command,
      task,
      tasks,
    });
    if (verdict.kind !== 'passed') return verdict;
  }
  return { kind: 'passed' };
}

async function holdAll(
  run: Run,
  tasks: readonly PlannedTask[],
  { reason, hint }: { readonly reason: string; readonly hint: Text },
): Promise<void> {
  await run.ledger.record(...tasks.map(({ id }) => mergeHeld(id, reason, hint)));
}
