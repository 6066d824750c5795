import { o8, text, type Text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { baseRef, basePresence, landingOfTask, standingLandings } from '../../core/merge/landings.js';
import { revertMessage } from '../../core/merge/merge-message.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import type { Undone } from '../../core/run/request-results.js';
import type { LandingRecord } from '../../core/run/run-state.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { landingRef, undoRef } from '../../core/plan/own-refs.js';
import { fastForward, findCheckout, forgetForwarded } from '../../git/checkout/checkout.js';
import { createLandingCommit } from '../../git/merge/merge.js';
import { advanceRef, createRef, deleteRef, isAncestor, pinRef, resolveCommit } from '../../git/refs/refs.js';
import { createInverse, findRevert, isOnRemote, subjectOf, trialRevert } from '../../git/merge/revert.js';
import { filesOf, plannedTask, recordOf, type Run } from '../run/run.js';
import { whileItMoves } from './while-it-moves.js';
import { hasSharedCheck, tasksToVerify, verifyLanding } from './verify-landing.js';
import { targetName, targetOf, wayToLand } from '../../core/plan/target.js';

/**
 * Reverts what the run landed on its base branch, newest first, or only one task; stops at the first landing that
 * cannot be reverted. O8Error `refused` while the run is active, and for a task that is not on the base branch.
 */
export async function undoLandings(run: Run, task: string | null): Promise<Undone[]> {
  const { runId } = run.plan;
  if (run.ledger.state.phase.kind !== 'finished') {
    throw new O8Error(
      'refused',
      `Run ${runId} is still active; undo after it finishes.`,
      text`${o8('status', { run: runId })}, or ${o8('abort', { run: runId })}, then the same command again`,
    );
  }
  const undone = await finishInterrupted(run);
  const landings = task === null ? standingLandings(run.plan, run.ledger.state) : await landingsOf(run, task);
  for (const landing of landings) {
    const result = await undoLanding(run, landing);
    undone.push(result);
    if (result.kind === 'held') break; // older landings are below it
  }
  return undone.length > 0 ? undone : [{ kind: 'nothing', reason: whyNothing(run, task) }];
}

/** Finishes an undo whose supervisor was killed after moving the branch and before recording that. */
async function finishInterrupted(run: Run): Promise<Undone[]> {
  const { undoIntent: intent, landings } = run.ledger.state;
  const landing = landings.find(({ to, task }) => to === intent?.landing && task === intent.task);
  const tip = await resolveCommit(run.repo, baseRef(run.plan));
  if (intent === null || landing === undefined || tip === null) return [];
  const isRevert = await isAncestor(run.repo, intent.from, intent.to);
  const happened = isRevert
    ? await isAncestor(run.repo, intent.to, tip)
    : !(await isAncestor(run.repo, intent.landing, tip));
  if (!happened) return [];
  await forgetForwarded(run.repo, intent.branch);
  return [await finish(run, landing, intent)];
}

async function landingsOf(run: Run, task: string): Promise<LandingRecord[]> {
  const { plan } = run;
  const landing = landingOfTask(run.ledger.state, task);
  if (landing === null || basePresence(plan, run.ledger.state, task).kind === 'taken_back') return [];
  const tip = await resolveCommit(run.repo, baseRef(plan));
  if (tip !== null && !(await isAncestor(run.repo, landing.to, tip))) {
    const target = targetOf(plan);
    const lands = wayToLand(target) === 'with_merge';
    throw new O8Error(
      'refused',
      `${task} is not on ${plan.base.branch}, only on ${targetName(target)}`,
      lands
        ? text`${o8('merge', { run: plan.runId, task })}   (lands it)`
        : text`${o8('diff', [task])}   (shows its changes)`,
    );
  }
  return [landing];
}

function whyNothing({ plan, ledger }: Run, task: string | null): string {
  const { branch } = plan.base;
  if (task === null) {
    const before = ledger.state.landings.some(({ ref, undone }) => ref === baseRef(plan) && undone !== null);
    return before ? `it was reverted on ${branch} earlier` : `the run has landed nothing on ${branch}`;
  }
  const presence = basePresence(plan, ledger.state, task);
  if (presence.kind !== 'taken_back') return `${task} has no landed commits of its own`;
  return `${task} was reverted on ${branch} earlier`;
}

async function undoLanding(run: Run, landing: LandingRecord): Promise<Undone> {
  const undone = await whileItMoves(() => undoOnce(run, landing));
  if (undone !== 'keeps_moving') return undone;
  return held(run, landing, { reason: `${run.plan.base.branch} kept moving while the work was verified` });
}

async function undoOnce(run: Run, landing: LandingRecord): Promise<Undone | 'moved'> {
  const { branch } = run.plan.base;
  const tip = await resolveCommit(run.repo, baseRef(run.plan));
  if (tip === null)
    return held(run, landing, {
      reason: `branch ${branch} is gone`,
      hint: `git branch ${shellQuote(branch)} ${landing.to}`,
    });
  if (!(await isAncestor(run.repo, landing.to, tip))) {
    return { kind: 'nothing', reason: `${branch} does not contain ${landing.to.slice(0, 12)} any more` };
  }
  return (await canMoveBack(run, landing, tip)) ? moveBack(run, landing) : revert(run, landing, tip);
}

/** Only if nobody else can have the landing, because a branch that moves back is a problem for everybody who has it. */
async function canMoveBack(run: Run, landing: LandingRecord, tip: string): Promise<boolean> {
  if (landing.task !== null || landing.to !== tip) return false;
  if ((await findCheckout(run.repo, run.plan.base.branch)) !== null) return false;
  return !(await isOnRemote(run.repo, landing.to));
}

async function moveBack(run: Run, landing: LandingRecord): Promise<Undone | 'moved'> {
  const { runId } = run.plan;
  const { ref } = targetOf(run.plan);
  run.lease.assertHeld();
  await pinRef(run.repo, landingRef(runId), landing.to);
  // `cleanup` removes a target that has landed; the next `merge` lands it again from there.
  if ((await resolveCommit(run.repo, ref)) === null) await createRef(run.repo, ref, landing.to);
  const move = { from: landing.to, to: landing.from };
  await announce(run, landing, move);
  if (!(await advanceRef(run.repo, baseRef(run.plan), move))) return 'moved';
  return finish(run, landing, move);
}

async function revert(run: Run, landing: LandingRecord, tip: string): Promise<Undone | 'moved'> {
  const { runId, base } = run.plan;
  const prepared = preparedBefore(run, landing, tip) ?? (await provenRevert(run, landing, tip));
  if (typeof prepared !== 'string') return prepared;
  await announce(run, landing, { from: tip, to: prepared });
  const result = await fastForward(run.repo, { branch: base.branch, from: tip, to: prepared });
  if (result.kind === 'advanced') return finish(run, landing, { from: tip, to: prepared });
  if ((await resolveCommit(run.repo, baseRef(run.plan))) !== tip) return 'moved';
  const task = landing.task ?? undefined;
  return held(run, landing, {
    reason: result.reason,
    files: result.paths,
    hint: text`${o8('merge', { run: runId, task, undo: true })}   (after fixing that)`,
  });
}

/** The revert commit that a killed supervisor announced; the checkout may already be partly updated to it. */
function preparedBefore({ ledger }: Run, landing: LandingRecord, tip: string): string | null {
  const intent = ledger.state.undoIntent;
  const same = intent?.landing === landing.to && intent.task === landing.task && intent.from === tip;
  return same && intent.to !== landing.from ? intent.to : null;
}

/** The revert commit, verified like any other landing. */
async function provenRevert(run: Run, landing: LandingRecord, tip: string): Promise<string | Undone> {
  const { base } = run.plan;
  const { from, to } = landing;
  const task = landing.task === null ? null : plannedTask(run, landing.task);
  const what = task === null ? 'what the run landed' : task.id;
  const message = revertMessage(run.plan, task, { subject: await subjectOf(run.repo, to), from, to });
  const inverse = await createInverse(run.repo, { from, to, message });
  const trial = await trialRevert(run.repo, { tip, inverse, scratchDir: filesOf(run).scratch });
  if (trial.kind === 'nothing') {
    // The user may have completed a held undo.
    const before = await findRevert(run.repo, { landing: to, task: landing.task, tip });
    if (before !== null) return finish(run, landing, { from: to, to: before });
    return { kind: 'nothing', reason: `nothing of ${what} is left on ${base.branch}` };
  }
  const ref = undoRef(run.plan.runId, landing.to);
  run.lease.assertHeld();
  if (trial.kind === 'conflict') {
    await pinRef(run.repo, ref, inverse);
    return held(run, landing, {
      reason: `later changes on ${base.branch} conflict with reverting ${what}`,
      files: trial.files,
      hint: `git switch ${shellQuote(base.branch)} && git cherry-pick ${ref}   (and resolve the conflict there)`,
    });
  }
  const commit = await createLandingCommit(run.repo, { tree: trial.tree, parents: [tip], message });
  await pinRef(run.repo, ref, commit);
  const failure = await verifyLanding(run, commit, await tasksThatStay(run, landing, tip));
  if (failure === null) return commit;
  return held(run, landing, {
    reason: `verify failed on ${base.branch} without ${what}: ${failure}`,
    hint: `git switch ${shellQuote(base.branch)} && git merge --ff-only ${ref}   (reverts it anyway)`,
  });
}

/**
 * The tasks whose checks must pass: those whose work stays on the base, and those with the check that all tasks share.
 */
async function tasksThatStay(run: Run, landing: LandingRecord, tip: string): Promise<PlannedTask[]> {
  const staying: PlannedTask[] = [];
  for (const task of tasksToVerify(run)) {
    const commit = mergedCommit(recordOf(run, task.id).state);
    if (commit === null) continue;
    const leaves =
      (await isAncestor(run.repo, commit, landing.to)) && !(await isAncestor(run.repo, commit, landing.from));
    const stays = !leaves && (await isAncestor(run.repo, commit, tip));
    if (stays || hasSharedCheck(run, task)) staying.push(task);
  }
  return staying;
}

async function announce(run: Run, landing: LandingRecord, move: { from: string; to: string }): Promise<void> {
  const { branch } = run.plan.base;
  await run.ledger.record({ type: 'undo_intended', branch, task: landing.task, landing: landing.to, ...move });
  run.lease.assertHeld();
}

async function finish(run: Run, landing: LandingRecord, { from, to }: { from: string; to: string }): Promise<Undone> {
  const { runId, base } = run.plan;
  const head = { branch: base.branch, landing: landing.to, ...(landing.task === null ? {} : { task: landing.task }) };
  const prepared = await resolveCommit(run.repo, undoRef(run.plan.runId, landing.to));
  // The ref is no longer needed. It is deleted before the record, because steps after the record are not repeated after
  // a crash.
  if (prepared !== null) await deleteRef(run.repo, undoRef(run.plan.runId, landing.to), prepared);
  await run.ledger.record({
    type: 'landing_undone',
    branch: base.branch,
    task: landing.task,
    landing: landing.to,
    from,
    to,
  });
  if (to === landing.from) return { kind: 'moved_back', ...head, to, again: o8('merge', { run: runId }) };
  return { kind: 'reverted', ...head, commit: to, again: `git revert ${to.slice(0, 12)}` };
}

function held(
  { plan }: Run,
  landing: LandingRecord,
  why: { readonly reason: string; readonly files?: readonly string[]; readonly hint?: Text },
): Extract<Undone, { kind: 'held' }> {
  const task = landing.task ?? undefined;
  return {
    kind: 'held',
    branch: plan.base.branch,
    landing: landing.to,
    ...(landing.task === null ? {} : { task: landing.task }),
    reason: why.reason,
    files: [...(why.files ?? [])],
    hint: why.hint ?? o8('merge', { run: plan.runId, task, undo: true }),
  };
}
