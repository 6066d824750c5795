import { hintAfterLock } from '../../core/text/git-lock-hint.js';
import { o8, text, type Text } from '../../core/base/text.js';
import { whyNothingToLand } from '../../core/merge/landings.js';
import { takenBackNow } from '../../git/refs/standing-reverts.js';
import { refreshMessage } from '../../core/merge/merge-message.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { waitingWork } from '../../core/merge/waiting-work.js';
import type { Landing } from '../../core/run/request-results.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { landingRef } from '../../core/plan/own-refs.js';
import { fastForward, forgetForwarded } from '../../git/checkout/checkout.js';
import { contentThere } from '../../git/merge/content-there.js';
import { createLandingCommit, trialMerge } from '../../git/merge/merge.js';
import { isAncestor, pinRef, resolveCommit } from '../../git/refs/refs.js';
import { baseGone, lastOf, lostFromTarget, targetGone, type Moved } from '../../git/findings/moved-branches.js';
import { baseRewritten } from './moved-refs.js';
import { branchesOf, filesOf, recordOf, type Run } from '../run/run.js';
import { tasksToVerify, verifyLanding } from './verify-landing.js';
import { targetName, targetOf } from '../../core/plan/target.js';
import { moveTarget } from './advance-target.js';
import { whileItMoves } from './while-it-moves.js';

/**
 * Lands the run's target on the base branch by fast-forward only; `upTo` lands a part of it. If the base branch has
 * moved, it is merged into the target first, in a commit that no branch has yet, and verified again.
 */
export async function landTarget(run: Run, upTo: string | null): Promise<Landing> {
  const { base, runId } = run.plan;
  const landing = await whileItMoves(() => landOnce(run, upTo));
  if (landing !== 'keeps_moving') return landing;
  return held(`${base.branch} kept moving while the work was verified`, [], o8('merge', { run: runId }));
}

async function landOnce(run: Run, upTo: string | null): Promise<Landing | 'moved'> {
  const { base, runId } = run.plan;
  const target = targetOf(run.plan);
  const branch = base.branch;
  const from = await resolveCommit(run.repo, `refs/heads/${branch}`);
  if (from === null) return heldBy(await baseGone(branchesOf(run)));
  const tip = upTo ?? (await resolveCommit(run.repo, target.ref));
  if (tip === null) return withoutTarget(run, from);
  const lost = upTo === null ? await lostFromTarget(branchesOf(run), tip) : null;
  if (lost !== null && !(await isAncestor(run.repo, lost.commit, from))) {
    const since = await contentThere(run.repo, lost.commit, from);
    return since === null ? heldBy(lost.moved) : found(run, lost.commit, since);
  }
  if (await isAncestor(run.repo, tip, from)) {
    const intent = run.ledger.state.landingIntent;
    if (intent === null || !(await isAncestor(run.repo, intent.to, from))) {
      return { kind: 'nothing', reason: await whyNothing(run) };
    }
    await forgetForwarded(run.repo, branch);
    return recordLanding(run, { branch, from: intent.from, to: intent.to }); // a supervisor was killed before recording it
  }
  const canForward = await isAncestor(run.repo, from, tip);
  const there = canForward ? null : await contentThere(run.repo, tip, from);
  if (there !== null) return found(run, tip, there);
  const rewritten = await baseRewritten(run, from, tip);
  if (rewritten !== null) return heldBy(rewritten);
  const prepared = canForward ? await proven(run, tip) : await refresh(run, from, tip);
  if (prepared.kind === 'held') return prepared;
  run.lease.assertHeld();
  await run.ledger.record({ type: 'landing_intended', branch, from, to: prepared.commit });
  const result = await fastForward(run.repo, { branch, from, to: prepared.commit });
  if (result.kind === 'advanced') {
    return recordLanding(run, { branch, from, to: prepared.commit });
  }
  if ((await resolveCommit(run.repo, `refs/heads/${branch}`)) === from) {
    return held(result.reason, result.paths, hintAfterLock(result.lock, o8('merge', { run: runId })));
  }
  return 'moved';
}

/** `cleanup` removes a target that has landed; the user may have removed one that has not. */
async function withoutTarget(run: Run, base: string): Promise<Landing> {
  const merged = run.plan.tasks.filter(({ id }) => mergedCommit(recordOf(run, id).state) !== null);
  const there = await tasksIn(run, merged, base);
  if (there.length === merged.length) return { kind: 'nothing', reason: await whyNothing(run) };
  const last = lastOf(run.ledger.state.landings, targetOf(run.plan).ref);
  const tip = last === null ? null : await resolveCommit(run.repo, last);
  const since = tip === null ? null : await contentThere(run.repo, tip, base);
  if (tip !== null && since !== null) return found(run, tip, since);
  return heldBy(await targetGone(branchesOf(run)));
}

/** The work was already squashed, rebased or cherry-picked, so it is not merged again. */
async function found(run: Run, tip: string, commit: string): Promise<Landing> {
  await recordFound(run, tip, commit);
  const { base, runId } = run.plan;
  const reason = text`${base.branch} already contains this work since ${commit.slice(0, 12)}, which was not created by a merge; ${o8('cleanup', { run: runId })} removes its branches`;
  return { kind: 'nothing', reason };
}

/** Only for the whole target, because a part of it does not complete the landing. */
export async function recordFound(run: Run, tip: string, commit: string): Promise<void> {
  const { base } = run.plan;
  const whole = (await resolveCommit(run.repo, targetOf(run.plan).ref)) ?? tip;
  const known = run.ledger.state.foundLanded;
  if (whole !== tip || (known?.target === tip && known.commit === commit)) return;
  await run.ledger.record({ type: 'found_landed', branch: base.branch, target: tip, commit });
}

async function recordLanding(run: Run, move: { branch: string; from: string; to: string }): Promise<Landing> {
  const tasks = await tasksIn(run, run.plan.tasks, move.to);
  await run.ledger.record({ type: 'landed', ...move, tasks: tasks.map(({ id }) => id) });
  return { kind: 'landed', ...move };
}

type Refreshed = { readonly kind: 'ready'; readonly commit: string } | Extract<Landing, { kind: 'held' }>;

/**
 * Requires that every check of the included tasks passes on exactly the commit that lands. Usually nothing has to run,
 * because the merge queue verified the same files, except for tasks with their own checks or a tip created by the user.
 */
async function proven(run: Run, tip: string): Promise<Refreshed> {
  const known = await tasksIn(run, tasksToVerify(run), tip);
  // If the target was rebased, it contains the work in other commits.
  const failure = await verifyLanding(run, tip, known.length > 0 ? known : tasksToVerify(run));
  if (failure === null) return { kind: 'ready', commit: tip };
  return held(`verify failed on ${targetOf(run.plan).ref}: ${failure}`, [], o8('merge', { run: run.plan.runId }));
}

/** Merges the base branch's new commits into the target and verifies the result before the target moves to it. */
async function refresh(run: Run, base: string, tip: string): Promise<Refreshed> {
  const { runId, base: from } = run.plan;
  const target = targetOf(run.plan);
  const scratchDir = filesOf(run).scratch;
  const trial = await trialMerge(run.repo, { ours: base, theirs: tip, scratchDir });
  if (trial.kind === 'conflict') {
    const where = targetName(target);
    return held(
      `${from.branch} has new commits that conflict with ${where}`,
      trial.files,
      text`git worktree add ../resolve ${where} && git -C ../resolve merge ${from.branch}   (resolve and commit there, then: git worktree remove ../resolve && ${o8('merge', { run: runId })}); or, if its work is already there in another form: git merge -s ours ${where}`,
    );
  }
  const commit = await createLandingCommit(run.repo, {
    tree: trial.tree,
    parents: [base, tip],
    message: refreshMessage(run.plan),
  });
  await pinRef(run.repo, landingRef(run.plan.runId), commit);
  const verdict = await verifyLanding(run, commit, await tasksIn(run, tasksToVerify(run), tip));
  if (verdict !== null)
    return held(
      `verify failed on ${from.branch} merged with the run's work: ${verdict}`,
      [],
      o8('logs', { verify: true, run: runId }),
    );
  // A partial landing updates only the base branch; the target is updated when the rest lands.
  if ((await resolveCommit(run.repo, target.ref)) !== tip) return { kind: 'ready', commit };
  const moved = await moveTarget(run, { from: tip, to: commit });
  switch (moved.kind) {
    case 'advanced':
      return { kind: 'ready', commit };
    case 'moved':
      return held(`${targetName(target)} moved during the merge`, [], o8('merge', { run: runId }));
    case 'blocked':
      return held(moved.reason, moved.paths, hintAfterLock(moved.lock, o8('merge', { run: runId })));
  }
}

/** The tasks whose work is in this commit, because only a part of the run may land. */
async function tasksIn(run: Run, among: readonly PlannedTask[], commit: string): Promise<PlannedTask[]> {
  const tasks: PlannedTask[] = [];
  for (const task of among) {
    const merged = mergedCommit(recordOf(run, task.id).state);
    if (merged !== null && (await isAncestor(run.repo, merged, commit))) tasks.push(task);
  }
  return tasks;
}

/** Reverted work is in the history together with its revert; only reverting the revert restores it. */
async function whyNothing({ repo, plan, ledger }: Run): Promise<string> {
  const { branch } = plan.base;
  const waits = [...ledger.state.tasks.values()].some(({ state }) => waitingWork(plan.runId, '', state) !== null);
  if (waits) return `${branch} already has everything that is merged so far`;
  return whyNothingToLand(branch, await takenBackNow(repo, plan, ledger.state));
}

function heldBy({ reason, hint }: Moved): Extract<Landing, { kind: 'held' }> {
  return held(reason, [], hint);
}

function held(reason: string, files: readonly string[], hint: Text): Extract<Landing, { kind: 'held' }> {
  return { kind: 'held', reason, files: [...files], hint };
}
