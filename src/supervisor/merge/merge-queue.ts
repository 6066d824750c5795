import { O8Error } from '../../core/base/errors.js';
import { undecided } from '../../core/held/finding.js';
import { longestPassing } from '../../core/merge/longest-passing.js';
import { sourceOf } from '../../core/plan/sources.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import {
  mergeBranch,
  type Branch,
  type BranchFacts,
  type BranchStep,
  type Link,
  type Trial,
  type Waits,
} from '../../core/run/rules/merge-branch.js';
import { stackedOn } from '../../core/run/stacked-on.js';
import { afterAdvance, brokeVerify, held, keptMoving } from '../../core/run/rules/merge-stack.js';
import { isPublished } from '../../core/run/run-state.js';
import { isInMergeQueue } from '../../core/run/task-state.js';
import type { Failure } from '../../core/run/rules/retry.js';
import { forgetForwarded } from '../../git/checkout/checkout.js';
import { leaveOut } from '../../git/merge/leave-out.js';
import { contentThere } from '../../git/merge/content-there.js';
import { isAncestor, mergeBase, resolveCommit } from '../../git/refs/refs.js';
import { advanceTarget } from './advance-target.js';
import { isOnBase, lostFromTarget, targetGone } from '../../git/findings/moved-branches.js';
import { targetRewritten } from './moved-refs.js';
import { mergeCandidate } from './merge-candidate.js';
import { recordMerged, type MergedTask } from './record-merged.js';
import { findHeld } from '../../git/findings/find-held.js';
import { failOrRetry } from '../run/fail-or-retry.js';
import type { PullDelivery } from '../run/delivery.js';
import { branchesOf, recordOf, type Run } from '../run/run.js';
import { scopeFindings, violationText } from '../attempts/scope-findings.js';
import { whileItMoves } from './while-it-moves.js';
import { verifyCommit, type Verdict } from './verify-commit.js';
import { targetBranch, targetOf } from '../../core/plan/target.js';

/**
 * Merges finished branches into the target, in the given order: stacks them in commits that no branch has yet, checks
 * scopes, verifies them together (if that fails, by bisection, so that the good ones are merged), then moves the target to
 * exactly the verified commit by compare-and-swap. The move is announced first, so that a crash repeats nothing.
 */
export async function mergeTasks(run: Run, tasks: readonly PlannedTask[]): Promise<void> {
  if (run.delivery !== null) return deliverTasks(run, run.delivery, tasks);
  let atOnce = tasks.length;
  const result = await whileItMoves(async () => {
    const waiting = tasks.filter(({ id }) => isWaiting(run, id)).slice(0, atOnce);
    if (waiting.length === 0) return 'done';
    const round = await mergeRound(run, waiting);
    if (round !== 'one_at_a_time') return round;
    atOnce = 1;
    return 'again';
  });
  if (result === 'done') return;
  const waiting = tasks.filter(({ id }) => isWaiting(run, id));
  await holdAll(run, waiting, keptMoving(run.plan));
}

async function mergeRound(
  run: Run,
  waiting: readonly PlannedTask[],
): Promise<'done' | 'again' | 'moved' | 'one_at_a_time'> {
  const target = await resolveCommit(run.repo, targetOf(run.plan).ref);
  if (target === null) {
    await holdAll(run, waiting, await targetGone(branchesOf(run)));
    return 'done';
  }
  const lost = await lostFromTarget(branchesOf(run), target);
  if (lost !== null && !(await isOnBase(branchesOf(run), lost.commit))) {
    await holdAll(run, waiting, lost.moved);
    return 'done';
  }
  const links = await stack(run, waiting, target);
  if (links.length === 0) return 'again'; // every task was settled without a merge
  const proof = await prove(run, links);
  if (proof.kind === 'interrupted') return 'done';
  const good = links.slice(0, proof.good);
  const last = good.at(-1);
  if (last !== undefined) {
    const after = afterAdvance(await advanceTarget(run, good, { from: target, to: last.commit }), good.length);
    if (after.kind === 'recompute') return 'moved';
    if (after.kind === 'one_at_a_time') return 'one_at_a_time';
    if (after.kind === 'hold') {
      await holdAll(run, [last.task], after);
      return 'again';
    }
    await recordMerged(
      run,
      good.map(({ task, commit, note }) => ({ task, commit, notes: note === null ? [] : [note] })),
    );
  }
  if (proof.culprit !== null) await failOrRetry(run, proof.culprit.task, proof.culprit.failure);
  return 'again';
}

/** Each by itself: proven on the merge with the target as it is now, then delivered. */
async function deliverTasks(run: Run, delivery: PullDelivery, tasks: readonly PlannedTask[]): Promise<void> {
  for (const task of tasks) {
    const result = await whileItMoves(async () => deliveryRound(run, delivery, task));
    if (result === 'keeps_moving') await holdAll(run, [task], keptMoving(run.plan));
    else if (result !== 'done') return; // the same would stop the next one
  }
}

async function deliveryRound(
  run: Run,
  delivery: PullDelivery,
  task: PlannedTask,
): Promise<'done' | 'moved' | { readonly kind: 'later' }> {
  if (!isWaiting(run, task.id)) return 'done';
  if (!(await delivery.refresh())) return { kind: 'later' };
  const stacked = stackedOn(run.plan, run.ledger.state, task);
  const target = stacked?.commit ?? (await resolveCommit(run.repo, targetOf(run.plan).ref));
  if (target === null) {
    await holdAll(run, [task], await targetGone(branchesOf(run)));
    return 'done';
  }
  const { state } = recordOf(run, task.id);
  const links = await stack(run, [task], target);
  if (links.length === 0 || state.state !== 'merge_pending') return 'done'; // it was settled another way
  const proof = await prove(run, links);
  if (proof.kind === 'interrupted') return 'done';
  if (proof.culprit !== null) {
    await failOrRetry(run, task, proof.culprit.failure);
    return 'done';
  }
  const delivered = await delivery.deliver(task, state.tip);
  switch (delivered.kind) {
    case 'delivered':
      return 'done';
    case 'again':
      return 'moved';
    case 'later':
      return { kind: 'later' };
    case 'held':
      await holdAll(run, [task], delivered);
      return 'done';
  }
}

function isWaiting(run: Run, id: string): boolean {
  const record = recordOf(run, id);
  return isInMergeQueue(record.state) && !isPublished(record);
}

/**
 * Stacks the branches on the target. Branches that are already there, conflict with the target itself, or must not be
 * merged are settled here. A conflict with a branch lower in the stack does not count yet, because that one may not
 * land.
 */
async function stack(run: Run, tasks: readonly PlannedTask[], target: string): Promise<Link[]> {
  const links: Link[] = [];
  const there: MergedTask[] = [];
  for (const task of tasks) {
    const { state } = recordOf(run, task.id);
    if (state.state !== 'merge_pending') continue;
    const step = await settleBranch(run, { task, tip: state.tip, target, onto: links.at(-1)?.commit ?? target });
    switch (step.kind) {
      case 'merged_before': {
        const branch = targetBranch(targetOf(run.plan));
        if (branch !== null) await forgetForwarded(run.repo, branch);
        there.push({ task, commit: step.commit, notes: [] });
        continue;
      }
      case 'merged':
        there.push({ task, commit: step.commit, notes: step.notes });
        continue;
      case 'record':
        await run.ledger.record(step.event);
        continue;
      case 'stack':
        links.push(step.link);
        continue;
      case 'wait':
        continue;
      case 'hold_rest': {
        const rest = tasks.slice(tasks.indexOf(task)).filter(({ id }) => isWaiting(run, id));
        await recordMerged(run, there);
        await holdAll(run, rest, step); // each of them would wait for the same program
        return links;
      }
    }
  }
  await recordMerged(run, there);
  return links;
}

/** Provides the facts that the rule requests until it decides about the branch. */
async function settleBranch(run: Run, branch: Branch): Promise<Exclude<BranchStep, { kind: 'look' }>> {
  let facts: BranchFacts = {};
  for (;;) {
    const step = mergeBranch(run.plan, branch, facts);
    if (step.kind !== 'look') return step;
    facts = { ...facts, ...(await look(run, branch, facts.ancestor ?? null, step.at)) };
  }
}

async function look(run: Run, branch: Branch, ancestor: string | null, at: keyof BranchFacts): Promise<BranchFacts> {
  const { task, tip, target, onto } = branch;
  switch (at) {
    case 'announced': {
      const to = run.ledger.state.mergeIntents.get(task.id)?.to ?? null;
      return { announced: to !== null && (await isAncestor(run.repo, to, target)) ? to : null };
    }
    case 'rewritten':
      return { rewritten: await targetRewritten(run, task, target, tip) };
    case 'ancestor':
      return { ancestor: await mergeBase(run.repo, target, tip) };
    case 'outOfScope': {
      if (run.plan.settings.scope !== 'enforce' || ancestor === null) return { outOfScope: null };
      const violations = await scopeFindings(run, task, ancestor, tip);
      return { outOfScope: violations.length > 0 ? run.redact(violationText(violations)) : null };
    }
    case 'isInStack':
      return { isInStack: await isAncestor(run.repo, tip, onto) };
    case 'trial':
      return { trial: await trialOf(run, branch, onto === target ? ancestor : null) };
    case 'there':
      return { there: await contentThere(run.repo, await workAlone(run, ancestor, tip), target) };
  }
}

/** The branch without what its source does not have merged. */
async function workAlone({ repo, plan }: Run, ancestor: string | null, tip: string): Promise<string> {
  return ancestor === null ? tip : leaveOut(repo, { ours: ancestor, theirs: tip }, sourceOf(plan.source).notMerged);
}

/** `base`: the common ancestor of `onto` and the branch, if known. */
async function trialOf(run: Run, { task, tip, onto }: Branch, base: string | null): Promise<Trial> {
  try {
    const candidate = await mergeCandidate(run, task, { onto, tip, base, accepted: [] });
    if (candidate.kind === 'conflict') return candidate;
    const findings = await findHeld(run, task, { onto, tip, commit: candidate.commit });
    if (findings.length === 0) return candidate;
    const open = undecided(findings, tip, recordOf(run, task.id).accepted);
    if (open.length > 0) return { kind: 'held', findings: open };
    return await mergeCandidate(run, task, { onto, tip, base, accepted: findings });
  } catch (error) {
    if (!(error instanceof O8Error) || error.code !== 'not_signed') throw error;
    return { kind: 'unsigned', reason: run.redact(error.message), hint: error.hint };
  }
}

type Proof =
  | {
      readonly kind: 'known';
      readonly good: number;
      readonly culprit: { readonly task: PlannedTask; readonly failure: Failure } | null;
    }
  | { readonly kind: 'interrupted' };

/** How many of the links pass together, and the task that breaks the next one. */
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
  const failure = brokeVerify(failures.get(good + 1) ?? 'verify failed', { stacked: links.length, runs });
  return { kind: 'known', good, culprit: { task: culprit.task, failure } };
}

/** Runs every distinct check of these tasks on the commit that contains all of them. */
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

async function holdAll(run: Run, tasks: readonly PlannedTask[], waits: Waits): Promise<void> {
  await run.ledger.record(...held(tasks, waits));
}
